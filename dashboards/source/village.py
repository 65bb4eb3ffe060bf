"""One village: its entrances, its cameras, and how both stood over time."""

import parts
from parts import BLUE, GREEN, GREY, ORANGE, RED, TOWN, YELLOW, column, link, query, stat, steps, table, timeline, variable
from states import camera_mapping, camera_state, entrance_mapping, entrance_state

I = 'instance="$instance"'
V = 'village="$village"'
ENTRANCES = f"cunkou_entrance_info{{{I}, {V}}}"
CAMERAS = f'cunkou_camera_info{{{I}, {V}, layer=~"$layer"}}'

VILLAGE = parts.named(("Village", "村"), 'cunkou_area_info{instance="$instance", kind=~"village|community"}', "area", "village")
LAYER = variable("layer", ("Layer", "层"), 'label_values(cunkou_cameras{instance="$instance"}, layer)', every=True)


def _counts(words, board):
    counted = [
        ("lost", ("Lost", "失守"), RED, ("Entrances of the village that nobody watches now.", "本村此刻无人看护的进出口。")),
        ("reduced", ("Reduced", "减弱"), YELLOW, ("Watched, but with fewer cameras than they should have.", "仍有看护，但摄像机少于应有数量。")),
        ("unknown", ("Unknown", "未知"), GREY, ("Nothing fresh is known of enough of their cameras.", "摄像机缺少近期证据，无法判断。")),
        ("covered", ("Covered", "有看护"), GREEN, ("Entrances with all the cameras that they should have.", "摄像机齐全的进出口。")),
        ("unwatched", ("Gaps of the plan", "规划空白"), BLUE, ("Entrances to which no camera was ever given.", "从未安排摄像机的进出口。")),
    ]  # fmt: skip
    for state, title, color, description in counted:
        expr = f'sum(cunkou_entrance_state{{{I}, state="{state}"}} * on (entrance) group_left (village) {ENTRANCES})'
        first = GREY if state == "covered" else GREEN
        board.add(stat(words, title, description, [query(expr)], thresholds=steps(first, (1, color)), colour="background"), 3, 4)
    board.add(
        stat(
            words, ("Cameras", "摄像机"),
            ("Installed cameras of the village, and those of them that are down.", "本村在装摄像机及其中掉线的数量。"),
            [query(f'sum(cunkou_camera_state{{{I}, state=~"{word}"}} * on (camera) group_left (village) {CAMERAS})', title)
             for word, title in ((".+", ("installed", "在装")), ("down", ("down", "掉线")))],
            thresholds=steps(BLUE), colour="value",
        ),
        4, 4,
    )  # fmt: skip
    board.add(
        stat(
            words, ("Availability, 24 hours and 30 days", "可用率（24 小时、30 天）"),
            ("Time up, or degraded and still visible / time known, of all cameras of the village; beside it the share unknown and in "
             "maintenance over 30 days. Orange below the threshold of the alert rule. Needs the recording rules of dashboards/rules.",
             "全村摄像机正常或降级但仍可见的时间 / 已知时间；旁边是 30 天内未知和检修的比例。低于告警规则阈值时为橙色。需要 dashboards/rules 的记录规则。"),
            [query(f"village:cunkou_availability:ratio24h{{{I}, {V}}}", ("24 h", "24 时")),
             query(f"village:cunkou_availability:ratio30d{{{I}, {V}}}", ("30 d", "30 天")),
             query(f"village:cunkou_unknown:ratio30d{{{I}, {V}}}", ("unknown", "未知")),
             query(f"village:cunkou_maintenance:ratio30d{{{I}, {V}}}", ("maintenance", "检修"))],
            unit="percentunit", decimals=2, colour="none", max=1,
        ),
        5, 4,
    )  # fmt: skip


def _timelines(words, board):
    entrances = f"{entrance_state(I)} * on (entrance) group_left (name) {ENTRANCES}"
    board.add(
        timeline(
            words, ("Entrances over time", "进出口时间线"),
            ("The state of each entrance of the village; a gap is time without a monitor.", "本村每个进出口的状态；空白处监测端没有运行。"),
            [query(entrances, "{{name}} · {{entrance}}")], entrance_mapping(words),
        ),
        12, 12,
    )  # fmt: skip
    cameras = f"{camera_state(I)} * on (camera) group_left (name) {CAMERAS}"
    board.add(
        timeline(
            words, ("Cameras over time", "摄像机时间线"),
            ("The state of each camera of the village in the chosen layer; a gap is time without a monitor.",
             "本村所选层内每台摄像机的状态；空白处监测端没有运行。"),
            [query(cameras, "{{name}} · {{camera}}")], camera_mapping(words),
        ),
        12, 12,
    )  # fmt: skip


def _tables(words, board):
    def of(expr):
        return query(f"sum by (entrance) ({expr} * on (entrance) group_left (village) {ENTRANCES})")

    board.add(
        table(
            words, ("Entrances", "进出口"),
            ("Each entrance with the cameras that watch it now, and how many it needs and should have.",
             "每个进出口此刻的有效摄像机，以及最少和应有的数量。"),
            [query(f"sum by (entrance, name) ({entrance_state(I)} * on (entrance) group_left (name) {ENTRANCES})")]
            + [of(f"cunkou_entrance_cameras_{n}{{{I}}}") for n in ("live", "required", "target", "unknown")],
            [
                column(words, "entrance", ("Entrance", "进出口")),
                column(words, "name", ("Name", "名称")),
                column(words, "Value #A", ("State", "状态"), mappings=entrance_mapping(words)),
                column(words, "Value #B", ("Live", "有效")),
                column(words, "Value #C", ("Needed", "最少")),
                column(words, "Value #D", ("Wanted", "应有")),
                column(words, "Value #E", ("Unknown", "未知")),
            ],
        ),
        11, 12,
    )  # fmt: skip
    board.add(
        table(
            words, ("Cameras", "摄像机"),
            ("Each camera with its state, round trip, what it hangs on and why it is down. Orange where the round trip passes the alert rule.",
             "每台摄像机的状态、往返时延、所接节点和掉线原因。往返时延超过告警规则阈值时为橙色。"),
            [query(f"sum by (camera, name, layer, node) ({camera_state(I)} * on (camera) group_left (name, layer, node) {CAMERAS})"),
             query(f"sum by (camera) (cunkou_camera_rtt_seconds{{{I}}} * on (camera) group_left (village) {CAMERAS})"),
             query(f"sum by (camera, kind, cause) (cunkou_camera_cause{{{I}}} * on (camera) group_left (village) {CAMERAS})"),
             query(f"sum by (camera) (camera:cunkou_availability:ratio30d{{{I}}} * on (camera) group_left (village) {CAMERAS})")],
            [
                column(words, "camera", ("Camera", "摄像机"), link=link(words, ("Open the camera", "打开摄像机看板"), "camera", village="${village}", camera="${__data.fields.camera}")),
                column(words, "name", ("Name", "名称")),
                column(words, "layer", ("Layer", "层")),
                column(words, "Value #A", ("State", "状态"), mappings=camera_mapping(words)),
                column(words, "node", ("Node", "节点"), link=link(words, ("Open the node", "打开节点看板"), "node", node="${__data.fields.node}")),
                column(words, "Value #B", ("Round trip", "往返时延"), unit="s", thresholds=parts.alert_steps("CunkouRoundTripSlow", bad=ORANGE)),
                column(words, "kind", ("Kind of cause", "原因类别")),
                column(words, "cause", ("Cause", "原因")),
                column(words, "Value #D", ("Available, 30 d", "可用率 30 天"), unit="percentunit"),
            ],
            drop=("Value #C",),
        ),
        13, 12,
    )  # fmt: skip


def build(words):
    board = parts.Board(
        "village", ("cunkou · Village", "村口 · 村"),
        ("One village: cameras, entrances, and how they stood over time.", "一个村：摄像机、进出口及其状态变化。"),
        words, [TOWN, VILLAGE, LAYER],
    )  # fmt: skip
    _counts(words, board)
    _timelines(words, board)
    _tables(words, board)
    return board.json()
