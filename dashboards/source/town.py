"""The town at a glance: for the wall of the duty room, and for a phone."""

import parts
from parts import BLUE, GREEN, GREY, ORANGE, RED, TOWN, YELLOW, bars, column, graph, link, query, stat, steps, table
from states import entrance_mapping, entrance_state, up_mapping

I = 'instance="$instance"'
# Of a village: joined with its name, so that rows can be merged by both.
VILLAGES = (
    f'label_replace(cunkou_area_info{{{I}, kind=~"village|community"}}, "village", "$1", "area", "(.+)")'
)


def _by_village(state):
    return (
        f'sum by (village, name) ('
        f'sum by (village) (cunkou_entrance_state{{{I}, state="{state}"}}'
        f' * on (entrance) group_left (village) cunkou_entrance_info{{{I}}})'
        f" * on (village) group_left (name) {VILLAGES})"
    )


def _recorded(series):
    return f"sum by (village, name) ({series}{{{I}}} * on (village) group_left (name) {VILLAGES})"


def _entrances(words, board):
    counted = [
        ("lost", ("Entrances lost", "失守进出口"), RED, ("Entrances that nobody watches now. One is an alarm.", "此刻无人看护的进出口。有一个就是告警。")),
        ("reduced", ("Entrances reduced", "看护减弱"), YELLOW, ("Watched, but with fewer cameras than they should have.", "仍有看护，但摄像机少于应有数量。")),
        ("unknown", ("Entrances unknown", "状态未知"), GREY, ("Nothing fresh is known of enough of their cameras.", "摄像机缺少近期证据，无法判断。")),
        ("unwatched", ("Gaps of the plan", "规划空白"), parts.BLUE, ("No camera was ever given to them: a gap of the plan, not a fault.", "从未安排摄像机：是规划的空白，不是故障。")),
    ]  # fmt: skip
    for state, title, color, description in counted:
        expr = f'cunkou_entrances{{{I}, state="{state}", period="now"}}'
        board.add(stat(words, title, description, [query(expr)], thresholds=steps(GREEN, (1, color)), colour="background"), 4, 4)
    board.add(
        stat(
            words, ("Cameras down", "掉线摄像机"),
            ("Installed cameras that are confirmed down. Each is a repair; it is an alarm only where an entrance is lost.",
             "已确认掉线的在装摄像机。每台都要维修；只有进出口失守才是告警。"),
            [query(f'sum(cunkou_cameras{{{I}, state="down"}})')], thresholds=steps(GREEN, (1, ORANGE)), colour="background",
        ),
        4, 4,
    )  # fmt: skip
    board.add(
        stat(
            words, ("Monitor", "监测端"),
            ("Whether cunkou itself can see. While it is blind, nothing is known of the town; that is not an outage of the town.",
             "cunkou 自身是否看得见。失明时全镇状态未知，并不是全镇掉线。"),
            [query(f"cunkou_monitor_blind{{{I}}}")], thresholds=steps(GREEN, (1, RED)), colour="background",
            mappings=parts.mapping(words, (0, ("sees", "正常"), GREEN), (1, ("BLIND", "失明"), RED)),
        ),
        4, 4,
    )  # fmt: skip


def _incidents(words, board):
    board.add(
        stat(
            words, ("Incidents", "事件"),
            ("Incidents that go on: one for each cause, however many cameras it took; and how many of them somebody silenced, which page nobody.",
             "进行中的事件：一个原因一个事件，无论带走多少摄像机；以及其中被人静默、不再通知人的数量。"),
            [query(f'cunkou_incidents{{{I}, state="open"}}', ("open", "未处理")),
             query(f'cunkou_incidents{{{I}, state="acknowledged"}}', ("acknowledged", "已受理")),
             query(f"cunkou_incidents_silenced{{{I}}}", ("silenced", "已静默"))],
            thresholds=steps(GREEN, (1, ORANGE)),
        ),
        6, 4,
    )  # fmt: skip
    board.add(
        stat(
            words, ("Out on purpose", "有意停看"),
            ("Cameras in maintenance, by the registry or announced: what it explains pages nobody; and cameras that are off by their hours of duty. "
             "The second is no data where no camera has such hours.",
             "检修中的摄像机（台账标明或已登记维护，由其引起的故障不通知人），以及按值守时段停用的摄像机；没有设置时段的无数据。"),
            [query(f"sum(cunkou_camera_maintenance{{{I}}})", ("maintenance", "检修")),
             query(f"sum(cunkou_camera_off_duty{{{I}}})", ("off duty", "非值守时段"))],
            thresholds=steps(BLUE),
        ),
        4, 4,
    )  # fmt: skip
    board.add(
        stat(
            words, ("Oldest incident", "最早的事件"),
            ("How long the oldest incident has gone on; no data while there is none.", "最早的进行中事件已持续多久；没有事件时无数据。"),
            [query(f"time() - cunkou_incident_oldest_open_timestamp_seconds{{{I}}}")], unit="s",
            thresholds=steps(YELLOW, (4 * 3600, ORANGE), (24 * 3600, RED)),
        ),
        4, 4,
    )  # fmt: skip
    for window, title in (("24h", ("Availability, 24 hours", "可用率（24 小时）")), ("30d", ("Availability, 30 days", "可用率（30 天）"))):
        board.add(
            stat(
                words, title,
                ("Time up, or degraded and still visible / time known. Beside it the share of the window in which nothing was known, "
                 "and in maintenance. Needs the recording rules of dashboards/rules.",
                 "正常或降级但仍可见的时间 / 已知时间。旁边是状态未知和检修所占的比例。需要 dashboards/rules 中的记录规则。"),
                [query(f"town:cunkou_availability:ratio{window}{{{I}}}", ("available", "可用")),
                 query(f"town:cunkou_unknown:ratio{window}{{{I}}}", ("unknown", "未知")),
                 query(f"town:cunkou_maintenance:ratio{window}{{{I}}}", ("maintenance", "检修"))],
                unit="percentunit", decimals=2, colour="none", max=1,
            ),
            5, 4,
        )  # fmt: skip


def _lost_table(words, board):
    lost = f"(cunkou_entrance_covered{{{I}}} == 0)"
    named = (
        f"{lost} * on (entrance) group_left (name, village) cunkou_entrance_info{{{I}}}"
    )
    cause = f"cunkou_entrance_cause{{{I}}} and on (entrance) {lost}"
    board.add(
        table(
            words, ("Entrances that nobody watches", "无人看护的进出口"),
            ("Entrances lost now, and the fault that is to blame. No data means that none is lost, or that nothing is known: see the count.",
             "此刻失守的进出口及其原因。无数据表示没有失守，或者状态未知，以上方计数为准。"),
            [query(f"sum by (entrance, name, village) ({named})"), query(f"sum by (entrance, kind, cause) ({cause})")],
            [
                column(words, "entrance", ("Entrance", "进出口")),
                column(words, "name", ("Name", "名称")),
                column(words, "village", ("Village", "村"), link=link(words, ("Open the village", "打开村看板"), "village", village="${__data.fields.village}")),
                column(words, "kind", ("Kind of cause", "原因类别")),
                column(words, "cause", ("Cause", "原因"), link=link(words, ("Open the node", "打开节点看板"), "node", node="${__data.fields.cause}")),
            ],
            drop=("Value #A", "Value #B"),
        ),
        12, 8,
    )  # fmt: skip
    board.add(
        table(
            words, ("Repair first", "先修哪里"),
            ("Faults by how many cameras each has taken: a node, a cause that the registry does not know, or the camera itself.",
             "按带走的摄像机数量列出故障：节点、台账中没有的共同原因，或摄像机自身。"),
            [query(f"count by (kind, cause) (cunkou_camera_cause{{{I}}})"), query(f"count by (kind, cause) (cunkou_entrance_cause{{{I}}})")],
            [
                column(words, "kind", ("Kind of cause", "原因类别")),
                column(words, "cause", ("Cause", "原因"), link=link(words, ("Open the node", "打开节点看板"), "node", node="${__data.fields.cause}")),
                column(words, "Value #A", ("Cameras", "摄像机")),
                column(words, "Value #B", ("Entrances", "进出口")),
            ],
            sort=("Value #A", True),
        ),
        12, 8,
    )  # fmt: skip


def _coverage(words, board):
    board.add(
        bars(
            words, ("Coverage by layer", "各层覆盖率"),
            ("Complete elements of each layer of the plan (circle, block, point) / all of them: as planned, as built, and live now.",
             "各层（圈、块、点）完整要素所占比例：按规划、按建成、按此刻。"),
            [query(f'cunkou_coverage_ratio{{{I}, period="now"}}', "{{layer}} · {{level}}")],
            thresholds=steps(RED, (0.8, ORANGE), (1, GREEN)), min=0, max=1,
        ),
        8, 10,
    )  # fmt: skip
    availability = parts.alert_steps("CunkouVillageAvailabilityLow", bad=ORANGE, above=False)
    board.add(
        table(
            words, ("Coverage by village", "各村覆盖"),
            ("Entrances of each village by state, and availability of its cameras. Orange below the threshold of the alert rule.",
             "各村进出口的状态和摄像机可用率。低于告警规则的阈值时为橙色。"),
            [query(_by_village(s)) for s in ("lost", "reduced", "unknown", "covered")]
            + [query(_recorded(f"village:cunkou_{what}")) for what in ("availability:ratio24h", "availability:ratio30d", "unknown:ratio30d", "maintenance:ratio30d")],
            [
                column(words, "village", ("Village", "村"), link=link(words, ("Open the village", "打开村看板"), "village", village="${__data.fields.village}")),
                column(words, "name", ("Name", "名称")),
                column(words, "Value #A", ("Lost", "失守"), thresholds=steps(GREEN, (1, RED))),
                column(words, "Value #B", ("Reduced", "减弱"), thresholds=steps(GREEN, (1, YELLOW))),
                column(words, "Value #C", ("Unknown", "未知"), thresholds=steps(GREEN, (1, GREY))),
                column(words, "Value #D", ("Covered", "有看护")),
                column(words, "Value #E", ("Available, 24 h", "可用率 24 时"), unit="percentunit", thresholds=availability),
                column(words, "Value #F", ("Available, 30 d", "可用率 30 天"), unit="percentunit", thresholds=availability),
                column(words, "Value #G", ("Unknown, 30 d", "未知 30 天"), unit="percentunit"),
                column(words, "Value #H", ("Maintenance, 30 d", "检修 30 天"), unit="percentunit"),
            ],
            sort=("Value #A", True),
        ),
        16, 10,
    )  # fmt: skip


def _over_time(words, board):
    board.add(
        graph(
            words, ("Entrances over time", "进出口状态变化"),
            ("Entrances that are not covered, by state.", "未完全看护的进出口，按状态。"),
            [query(f'cunkou_entrances{{{I}, period="now", state=~"lost|reduced|unknown"}}', "{{state}}")], line="stepAfter", min=0,
        ),
        8, 8,
    )  # fmt: skip
    board.add(
        graph(
            words, ("Cameras over time", "摄像机状态变化"),
            ("Installed cameras that are not simply up, by state.", "非正常状态的在装摄像机，按状态。"),
            [query(f'sum by (state) (cunkou_cameras{{{I}, state=~"down|degraded|suspect|unknown"}})', "{{state}}")], line="stepAfter", min=0,
        ),
        8, 8,
    )  # fmt: skip
    board.add(
        graph(
            words, ("Availability over time", "可用率变化"),
            ("Availability of all cameras over the last hour, day and thirty days at each moment; the line is the threshold of the alert rule.",
             "每一时刻前 1 小时、24 小时、30 天的全镇可用率；横线为告警规则的阈值。"),
            [query(f"town:cunkou_availability:ratio{w}{{{I}}}", t) for w, t in
             (("1h", ("1 hour", "1 小时")), ("24h", ("24 hours", "24 小时")), ("30d", ("30 days", "30 天")))],
            unit="percentunit", max=1, thresholds=parts.alert_steps("CunkouVillageAvailabilityLow", bad=ORANGE, above=False),
        ),
        8, 8,
    )  # fmt: skip


def _map(words, board):
    state = entrance_state(I)
    board.add(
        parts.map_panel(
            words, ("Map of entrances", "进出口地图"),
            ("Entrances by state over the town's own boundaries, without any map from the internet. Shows points only where [metrics] "
             "positions = true in cunkou.toml; entrances without a position are not drawn. The boundaries are the registry's areas.geojson.",
             "进出口状态，底图为本镇自己的边界，不使用互联网地图。只有 cunkou.toml 中 [metrics] positions = true 时才有点位；没有坐标的不画。"
             "边界来自台账的 areas.geojson。"),
            f'sum by (entrance, name, village, lat, lon) ({state} * on (entrance) group_left (name, village, lat, lon) '
            f'cunkou_entrance_info{{{I}, lat!="", lon!=""}})',
            "lat", "lon", entrance_mapping(words),
            steps(GREEN, (2, YELLOW), (3, RED), (4, GREY), (5, parts.BLUE)),
        ),
        16, 14,
    )  # fmt: skip
    board.add(
        table(
            words, ("Nodes down", "掉线的节点"),
            ("Nodes that are judged down, and the cameras that hang on each.", "判定掉线的节点，以及其下挂的摄像机数量。"),
            [query(f"sum by (node, name, kind) ((cunkou_node_up{{{I}}} == 0) * on (node) group_left (name) cunkou_node_info{{{I}}})"),
             query(f"sum by (node) (cunkou_node_cameras{{{I}}}) and on (node) cunkou_node_up{{{I}}} == 0")],
            [
                column(words, "node", ("Node", "节点"), link=link(words, ("Open the node", "打开节点看板"), "node", node="${__data.fields.node}")),
                column(words, "name", ("Name", "名称")),
                column(words, "kind", ("Kind", "类别")),
                column(words, "Value #A", ("State", "状态"), mappings=up_mapping(words)),
                column(words, "Value #B", ("Cameras", "摄像机")),
            ],
            sort=("Value #B", True),
        ),
        8, 14,
    )  # fmt: skip


def build(words):
    board = parts.Board(
        "town", ("cunkou · Town", "村口 · 全镇"),
        ("Entrances nobody watches, coverage, incidents, availability.", "无人看护的进出口、覆盖率、事件、可用率。"),
        words, [TOWN],
    )  # fmt: skip
    _entrances(words, board)
    _incidents(words, board)
    _lost_table(words, board)
    _coverage(words, board)
    _over_time(words, board)
    _map(words, board)
    return board.json()
