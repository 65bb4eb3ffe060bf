"""One node (switch, ONU, feed, uplink): what hangs on it, and what it took down."""

import parts
from parts import BLUE, GREEN, ORANGE, RED, TOWN, column, graph, link, query, stat, steps, table, timeline
from states import camera_mapping, camera_state, entrance_mapping, entrance_state, up_mapping

I = 'instance="$instance"'
NODE = parts.named(("Node", "节点"), 'cunkou_node_info{instance="$instance"}', "node", "node")
BELOW = f'cunkou_camera_node_info{{{I}, node="$node"}}'
TOOK = f'{I}, kind=~"node|node_partial", cause="$node"'


def _head(words, board):
    board.add(
        stat(
            words, ("State", "状态"),
            ("Whether the node works, by its own probe or judged from what hangs on it; no data while nothing is known or judged, as with "
             "a passive node that never failed.",
             "节点是否工作：由自身探测得出，或由下挂设备推断；从未判断过的无源节点无数据。"),
            [query(f'cunkou_node_up{{{I}, node="$node"}}')], mappings=up_mapping(words), colour="background",
        ),
        4, 4,
    )  # fmt: skip
    board.add(
        stat(
            words, ("Which node", "节点"),
            ("Its name and kind in the registry.", "台账中的名称和类别。"),
            [query(f'cunkou_node_info{{{I}, node="$node"}}', "{{name}} · {{kind}}")], text="name", colour="none",
        ),
        6, 4,
    )  # fmt: skip
    board.add(
        stat(
            words, ("Cameras that hang on it", "下挂摄像机"),
            ("Installed cameras whose path or power passes this node, near or far, and those of them that are down.",
             "路径或供电经过本节点的在装摄像机（含逐级下挂），及其中掉线的数量。"),
            [query(f'sum(cunkou_node_cameras{{{I}, node="$node"}})', ("all", "全部")),
             query(f'sum(cunkou_node_cameras{{{I}, node="$node", state="down"}})', ("down", "掉线"))],
            thresholds=steps(BLUE),
        ),
        6, 4,
    )  # fmt: skip
    board.add(
        stat(
            words, ("What it took down", "由它造成"),
            ("Cameras and entrances for which this node is to blame now; no data while it is to blame for none.",
             "此刻归因于本节点的摄像机和进出口；没有时无数据。"),
            [query(f"count(cunkou_camera_cause{{{TOOK}}})", ("cameras", "摄像机")),
             query(f"count(cunkou_entrance_cause{{{TOOK}}})", ("entrances", "进出口"))],
            thresholds=steps(GREEN, (1, RED)),
        ),
        8, 4,
    )  # fmt: skip


def _over_time(words, board):
    board.add(
        timeline(
            words, ("State over time", "状态时间线"),
            ("The node itself; a gap is time in which nothing was known or judged.", "节点自身；空白处状态未知或未作判断。"),
            [query(f'cunkou_node_up{{{I}, node="$node"}}', "{{node}}")], up_mapping(words),
        ),
        12, 5,
    )  # fmt: skip
    board.add(
        graph(
            words, ("Cameras that hang on it, by state", "下挂摄像机（按状态）"),
            ("All installed cameras below the node, stacked by state.", "节点下全部在装摄像机，按状态叠加。"),
            [query(f'cunkou_node_cameras{{{I}, node="$node"}}', "{{state}}")], stack=True, line="stepAfter", min=0,
        ),
        12, 5,
    )  # fmt: skip
    # An uplink has the whole town below it: rows of what was well all the time would bury the others. The end of the
    # range is asked at each of its moments, so that a row is whole.
    troubled = (
        f'(max by (camera) (max_over_time(cunkou_camera_state{{{I}, state=~"down|degraded|unknown"}}[$__range] @ end())) == 1)'
    )
    board.add(
        timeline(
            words, ("Cameras over time", "摄像机时间线"),
            ("Cameras that hang on the node and were not up all the time; no data where all were.",
             "在所选时间内并非一直正常的下挂摄像机；全部一直正常时无数据。"),
            [query(f"{camera_state(I)} and on (camera) {BELOW} and on (camera) {troubled}", "{{camera}}")], camera_mapping(words),
        ),
        24, 10,
    )  # fmt: skip


def _tables(words, board):
    info = f"cunkou_camera_info{{{I}}}"
    board.add(
        table(
            words, ("Cameras that hang on it", "下挂摄像机"),
            ("Each camera below the node; the cause says whether the node, another or the camera itself is to blame.",
             "节点下的每台摄像机；原因一栏说明归因于本节点、其他节点还是摄像机自身。"),
            [query(f"sum by (camera, name, village) (({camera_state(I)} and on (camera) {BELOW}) * on (camera) group_left (name, village) {info})"),
             query(f"sum by (camera, kind, cause) (cunkou_camera_cause{{{I}}} and on (camera) {BELOW})")],
            [
                column(words, "camera", ("Camera", "摄像机"), link=link(words, ("Open the camera", "打开摄像机看板"), "camera", village="${__data.fields.village}", camera="${__data.fields.camera}")),
                column(words, "name", ("Name", "名称")),
                column(words, "village", ("Village", "村"), link=link(words, ("Open the village", "打开村看板"), "village", village="${__data.fields.village}")),
                column(words, "Value #A", ("State", "状态"), mappings=camera_mapping(words)),
                column(words, "kind", ("Kind of cause", "原因类别")),
                column(words, "cause", ("Cause", "原因")),
            ],
            drop=("Value #B",), sort=("Value #A", True),
        ),
        13, 12,
    )  # fmt: skip
    took = f"cunkou_entrance_cause{{{TOOK}}}"
    board.add(
        table(
            words, ("Entrances that it took", "受影响的进出口"),
            ("Entrances that are lost, reduced or unknown because of this node; no data while there are none.",
             "因本节点而失守、减弱或未知的进出口；没有时无数据。"),
            [query(f"sum by (entrance, name, village) (({entrance_state(I)} and on (entrance) {took}) * on (entrance) group_left (name, village) cunkou_entrance_info{{{I}}})")],
            [
                column(words, "entrance", ("Entrance", "进出口")),
                column(words, "name", ("Name", "名称")),
                column(words, "village", ("Village", "村"), link=link(words, ("Open the village", "打开村看板"), "village", village="${__data.fields.village}")),
                column(words, "Value", ("State", "状态"), mappings=entrance_mapping(words)),
            ],
        ),
        11, 12,
    )  # fmt: skip
    board.add(
        table(
            words, ("All nodes", "全部节点"),
            ("Every node with its state, the cameras below it and those that are down.", "全部节点的状态、下挂摄像机和其中掉线的数量。"),
            [query(f"sum by (node, name, kind) (cunkou_node_info{{{I}}})"),
             query(f"sum by (node) (cunkou_node_up{{{I}}})"),
             query(f"sum by (node) (cunkou_node_cameras{{{I}}})"),
             query(f'sum by (node) (cunkou_node_cameras{{{I}, state="down"}})')],
            [
                column(words, "node", ("Node", "节点"), link=link(words, ("Open the node", "打开节点看板"), "node", node="${__data.fields.node}")),
                column(words, "name", ("Name", "名称")),
                column(words, "kind", ("Kind", "类别")),
                column(words, "Value #B", ("State", "状态"), mappings=up_mapping(words)),
                column(words, "Value #C", ("Cameras", "摄像机")),
                column(words, "Value #D", ("Down", "掉线"), thresholds=steps(GREEN, (1, ORANGE))),
            ],
            drop=("Value #A",), sort=("Value #D", True),
        ),
        24, 10,
    )  # fmt: skip


def build(words):
    board = parts.Board(
        "node", ("cunkou · Node", "村口 · 节点"),
        ("What hangs on a node, and what it took down.", "节点下挂了什么，带走了什么。"), words, [TOWN, NODE],
    )  # fmt: skip
    _head(words, board)
    _over_time(words, board)
    _tables(words, board)
    return board.json()
