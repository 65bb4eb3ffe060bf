"""One camera: its state over time, round trip, checks, reasons, and what it hangs on."""

import parts
from parts import GREEN, ORANGE, RED, TOWN, column, graph, link, query, stat, steps, table, timeline
from states import camera_mapping, camera_state, flag_mapping, up_mapping
from village import VILLAGE as ONE_VILLAGE
from village import LAYER

I = 'instance="$instance"'
C = f'{I}, camera="$camera"'
CAMERA = parts.named(
    ("Camera", "摄像机"), 'cunkou_camera_info{instance="$instance", village="$village", layer=~"$layer"}', "camera", "camera"
)


def _head(words, board):
    board.add(
        stat(
            words, ("State", "状态"),
            ("What is believed of the camera now; no data where it is not installed.", "此刻对摄像机的判断；未安装的无数据。"),
            [query(camera_state(C))], mappings=camera_mapping(words), colour="background",
        ),
        4, 4,
    )  # fmt: skip
    board.add(
        stat(
            words, ("Which camera", "摄像机"),
            ("Its name, layer and make in the registry.", "台账中的名称、层、厂家和型号。"),
            [query(f"cunkou_camera_info{{{C}}}", "{{name}} · {{layer}} · {{vendor}} {{model}}")], text="name", colour="none",
        ),
        6, 4,
    )  # fmt: skip
    board.add(
        stat(
            words, ("Comes and goes", "时断时续"),
            ("Whether it flaps: three turns within an hour. A camera that flaps does not watch.", "一小时内三次反复即为时断时续，期间不算看护。"),
            [query(f"cunkou_camera_flapping{{{C}}}")], mappings=flag_mapping(words, ("flapping", "时断时续")), colour="value",
        ),
        3, 4,
    )  # fmt: skip
    board.add(
        stat(
            words, ("Maintenance", "检修"),
            ("Whether it is in maintenance, by the registry or announced.", "是否在检修中（台账标明或已登记维护）。"),
            [query(f"cunkou_camera_maintenance{{{C}}}")],
            mappings=flag_mapping(words, ("in maintenance", "检修中"), bad=parts.BLUE), colour="value",
        ),
        3, 4,
    )  # fmt: skip
    board.add(
        stat(
            words, ("Hours of duty", "值守时段"),
            ("Whether it is off by its hours of duty (solar, 4G): it is not asked then. No data where it has none.",
             "是否处于非值守时段（太阳能、4G），期间不探测。未设置时段的无数据。"),
            [query(f"cunkou_camera_off_duty{{{C}}}")],
            mappings=flag_mapping(words, ("off", "停用"), no=("on", "值守"), bad=parts.BLUE), colour="value",
        ),
        3, 4,
    )  # fmt: skip
    board.add(
        stat(
            words, ("Availability", "可用率"),
            ("Time up, or degraded and still visible / time known; beside it the share of 30 days unknown and in maintenance. "
             "Needs the recording rules of dashboards/rules.",
             "正常或降级但仍可见的时间 / 已知时间；旁边是 30 天内未知和检修的比例。需要 dashboards/rules 的记录规则。"),
            [query(f"camera:cunkou_availability:ratio{w}{{{C}}}", t) for w, t in
             (("1h", ("1 h", "1 时")), ("24h", ("24 h", "24 时")), ("30d", ("30 d", "30 天")))]
            + [query(f"camera:cunkou_unknown:ratio30d{{{C}}}", ("unknown", "未知")),
               query(f"camera:cunkou_maintenance:ratio30d{{{C}}}", ("maintenance", "检修"))],
            unit="percentunit", decimals=2, colour="none", max=1,
        ),
        5, 4,
    )  # fmt: skip


def _over_time(words, board):
    board.add(
        timeline(
            words, ("State over time", "状态时间线"),
            ("A gap is time without a monitor.", "空白处监测端没有运行。"),
            [query(camera_state(C), "{{camera}}")], camera_mapping(words),
        ),
        24, 4,
    )  # fmt: skip
    board.add(
        timeline(
            words, ("Checks", "检查"),
            ("Whether the last try of each check passed. While reach fails, the later ones are not asked.",
             "每项检查最近一次是否通过。可达失败时，后面的检查不再进行。"),
            [query(f"cunkou_camera_check_up{{{C}}}", "{{check}}")],
            up_mapping(words, yes=("passes", "通过"), no=("fails", "失败")),
        ),
        12, 6,
    )  # fmt: skip
    board.add(
        timeline(
            words, ("Reasons why it is degraded", "降级原因"),
            ("Reasons that hold (auth: password refused; busy; slow; lossy; black; …), a row each; no data while there is none.",
             "存在的问题（auth 口令被拒、busy 忙、slow 慢、lossy 丢包、black 黑屏等），每个一行；没有时无数据。"),
            [query(f"cunkou_camera_degraded{{{C}}}", "{{reason}}")],
            parts.mapping(words, (1, ("holds", "存在"), ORANGE)),
        ),
        12, 6,
    )  # fmt: skip
    board.add(
        graph(
            words, ("Round trip", "往返时延"),
            ("The last round trip of reach; the line is the threshold of the alert rule.", "最近一次可达检查的往返时延；横线为告警规则的阈值。"),
            [query(f"cunkou_camera_rtt_seconds{{{C}}}", "{{camera}}")], unit="s", min=0,
            thresholds=parts.alert_steps("CunkouRoundTripSlow", bad=ORANGE),
        ),
        12, 8,
    )  # fmt: skip
    board.add(
        graph(
            words, ("Changes of state", "状态变化次数"),
            ("How often its state changed within the hour before.", "前一小时内状态变化的次数。"),
            [query(f"increase(cunkou_camera_state_changes_total{{{C}}}[1h])", "{{camera}}")], min=0,
        ),
        12, 8,
    )  # fmt: skip


def _tables(words, board):
    board.add(
        table(
            words, ("Last success of each check", "各项检查最近成功"),
            ("How long ago each check passed last.", "各项检查上一次通过距今多久。"),
            [query(f"sum by (check) (time() - cunkou_camera_last_success_timestamp_seconds{{{C}}})")],
            [column(words, "check", ("Check", "检查")), column(words, "Value", ("Ago", "距今"), unit="s")], unit="s",
        ),
        6, 7,
    )  # fmt: skip
    board.add(
        table(
            words, ("Why", "原因"),
            ("The cause of a camera that is down or unknown; no data while it is well.", "掉线或未知的原因；正常时无数据。"),
            [query(f"sum by (kind, cause) (cunkou_camera_cause{{{C}}})")],
            [
                column(words, "kind", ("Kind of cause", "原因类别")),
                column(words, "cause", ("Cause", "原因"), link=link(words, ("Open the node", "打开节点看板"), "node", node="${__data.fields.cause}")),
            ],
            drop=("Value",),
        ),
        7, 7,
    )  # fmt: skip
    above = f"cunkou_camera_node_info{{{C}}}"
    board.add(
        table(
            words, ("What it hangs on", "所接节点"),
            ("Every node on its path and power, with its state.", "路径和供电上的每个节点及其状态。"),
            [query(f"sum by (node, name, kind) (cunkou_node_info{{{I}}} and on (node) {above})"),
             query(f"sum by (node) (cunkou_node_up{{{I}}} and on (node) {above})")],
            [
                column(words, "node", ("Node", "节点"), link=link(words, ("Open the node", "打开节点看板"), "node", node="${__data.fields.node}")),
                column(words, "name", ("Name", "名称")),
                column(words, "kind", ("Kind", "类别")),
                column(words, "Value #B", ("State", "状态"), mappings=up_mapping(words)),
            ],
            drop=("Value #A",),
        ),
        11, 7,
    )  # fmt: skip


def build(words):
    board = parts.Board(
        "camera", ("cunkou · Camera", "村口 · 摄像机"),
        ("One camera: state, round trip, checks, reasons.", "一台摄像机：状态、时延、检查、问题。"),
        words, [TOWN, ONE_VILLAGE, LAYER, CAMERA],
    )  # fmt: skip
    _head(words, board)
    _over_time(words, board)
    _tables(words, board)
    return board.json()
