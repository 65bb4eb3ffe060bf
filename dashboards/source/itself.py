"""cunkou itself: whether it probes in time, whether it is heard, and what it costs."""

import parts
from parts import BLUE, GREEN, GREY, ORANGE, RED, TOWN, YELLOW, alert_steps, column, graph, query, stat, steps, table, timeline
from states import up_mapping

I = 'instance="$instance"'


def _head(words, board):
    board.add(
        stat(
            words, ("Scraped", "抓取"),
            ("Whether Prometheus reaches cunkou. While it does not, nobody watches the cameras.", "Prometheus 是否抓到 cunkou。抓不到时，没有人在看护摄像机。"),
            [query(f"up{{{I}}}")], mappings=up_mapping(words, yes=("yes", "是"), no=("AWAY", "失联")), colour="background",
        ),
        4, 4,
    )  # fmt: skip
    board.add(
        stat(
            words, ("Sees", "视野"),
            ("Whether the monitor is blind: its own network is gone.", "监测端是否失明：自身网络中断。"),
            [query(f"cunkou_monitor_blind{{{I}}}")],
            mappings=parts.mapping(words, (0, ("sees", "正常"), GREEN), (1, ("BLIND", "失明"), RED)), colour="background",
        ),
        4, 4,
    )  # fmt: skip
    board.add(
        stat(
            words, ("Version", "版本"),
            ("The program that runs.", "正在运行的程序版本。"),
            [query(f"cunkou_build_info{{{I}}}", "{{version}}")], text="name", colour="none",
        ),
        4, 4,
    )  # fmt: skip
    board.add(
        stat(
            words, ("Runs since", "已运行"),
            ("Time since the process started.", "进程启动以来的时间。"),
            [query(f"time() - process_start_time_seconds{{{I}}}")], unit="s", thresholds=steps(BLUE),
        ),
        4, 4,
    )  # fmt: skip
    board.add(
        stat(
            words, ("Registry", "台账"),
            ("Whether the registry folder that was read last is in force, and how long ago a registry was put in force.",
             "最近读取的台账是否生效，以及上次生效距今多久。"),
            [query(f"cunkou_registry_last_reload_successful{{{I}}}")],
            mappings=up_mapping(words, yes=("in force", "已生效"), no=("REFUSED", "被拒绝")), colour="background",
        ),
        4, 4,
    )  # fmt: skip
    board.add(
        stat(
            words, ("Registry read", "台账生效"),
            ("How long ago a registry was last put in force.", "上次台账生效距今多久。"),
            [query(f"time() - cunkou_registry_last_reload_success_timestamp_seconds{{{I}}}")], unit="s", thresholds=steps(BLUE),
        ),
        4, 4,
    )  # fmt: skip


def _quantiles(metric, by, legend):
    """The middle and the slow end of a histogram."""
    label = f"{by}, " if by else ""
    rate = f"sum by ({label}le) (rate({metric}_bucket{{{I}}}[$__rate_interval]))"
    return [query(f"histogram_quantile({q}, {rate})", f"p{int(q * 100)}{legend}") for q in (0.5, 0.99)]


def _probes(words, board):
    board.row(("Probes", "探测"))
    board.add(
        graph(
            words, ("Probes by result", "探测结果"),
            ("Probes a second by what was heard; inconclusive ones say nothing, by a fault of the monitor's own.",
             "每秒探测次数，按结果；inconclusive 为监测端自身原因造成的无结论。"),
            [query(f"sum by (result) (rate(cunkou_probes_total{{{I}}}[$__rate_interval])) > 0", "{{result}}")], unit="ops", min=0,
        ),
        12, 8,
    )  # fmt: skip
    board.add(
        graph(
            words, ("Inconclusive share", "无结论比例"),
            ("Share of probes without a conclusion; the line is the threshold of the alert rule.", "无结论探测的比例；横线为告警规则的阈值。"),
            [query(f'sum(rate(cunkou_probes_total{{{I}, result="inconclusive"}}[$__rate_interval])) / sum(rate(cunkou_probes_total{{{I}}}[$__rate_interval]))', ("share", "比例"))],
            unit="percentunit", min=0, thresholds=alert_steps("CunkouProbesInconclusive", bad=ORANGE),
        ),
        12, 8,
    )  # fmt: skip
    board.add(
        graph(
            words, ("How late probes begin", "探测延迟"),
            ("From the due time of a probe to its start; the line is the threshold of the alert rule. Late means that this machine is too busy.",
             "从应探测时刻到实际开始的时间；横线为告警规则的阈值。变大说明机器过忙。"),
            _quantiles("cunkou_probe_schedule_lag_seconds", "", ""), unit="s", min=0,
            thresholds=alert_steps("CunkouProbesLate", bad=ORANGE),
        ),
        8, 8,
    )  # fmt: skip
    board.add(
        graph(
            words, ("How long probes take", "探测耗时"),
            ("By check: the middle, and one in a hundred.", "按检查项：中位数和百分之一的慢端。"),
            _quantiles("cunkou_probe_duration_seconds", "check", " {{check}}"), unit="s", min=0,
        ),
        8, 8,
    )  # fmt: skip
    board.add(
        graph(
            words, ("Where the time goes", "各阶段耗时"),
            ("By check and phase, one probe in a hundred.", "按检查项和阶段，百分之一的慢端。"),
            _quantiles("cunkou_probe_phase_duration_seconds", "check, phase", " {{check}} {{phase}}")[1:], unit="s", min=0,
        ),
        8, 8,
    )  # fmt: skip
    board.add(
        timeline(
            words, ("Canaries", "参考地址"),
            ("Reference addresses near the monitor; when all are silent it is blind, and not the town down.",
             "监测端附近的参考地址；全部无应答时是监测端失明，而不是全镇掉线。"),
            [query(f"cunkou_monitor_canary_up{{{I}}}", "{{canary}}")], up_mapping(words, yes=("answers", "应答"), no=("silent", "无应答")),
        ),
        24, 5,
    )  # fmt: skip


def _sinks(words, board):
    board.row(("Messages", "消息"))
    board.add(
        graph(
            words, ("Waiting messages", "待发消息"),
            ("Messages in the outbox that a sink has not taken yet. No data where no sink is set.", "发件箱中通知渠道尚未收下的消息。未配置渠道时无数据。"),
            [query(f"cunkou_outbox_messages{{{I}}}", "{{sink}}")], line="stepAfter", min=0,
        ),
        8, 8,
    )  # fmt: skip
    board.add(
        graph(
            words, ("Age of the oldest message", "最早消息的等待时间"),
            ("How long the oldest message has waited; the line is the threshold of the alert rule. No data while none waits.",
             "最早一条消息已等待多久；横线为告警规则的阈值。没有待发消息时无数据。"),
            [query(f"time() - cunkou_outbox_oldest_message_timestamp_seconds{{{I}}}", "{{sink}}")], unit="s", min=0,
            thresholds=alert_steps("CunkouOutboxStuck", bad=ORANGE),
        ),
        8, 8,
    )  # fmt: skip
    board.add(
        graph(
            words, ("Notifications by result", "发送结果"),
            ("Messages an hour by sink and result: delivered, retried, dropped.", "每小时消息数，按渠道和结果：送达、重试、放弃。"),
            [query(f"sum by (sink, result) (increase(cunkou_notifications_total{{{I}}}[1h]))", "{{sink}} {{result}}")], min=0,
        ),
        8, 8,
    )  # fmt: skip
    board.add(
        stat(
            words, ("Roster", "值班表"),
            ("Whether the roster that was read last is in force, or none is named.", "最近读取的值班表是否生效；未配置值班表时也为已生效。"),
            [query(f"cunkou_roster_last_reload_successful{{{I}}}")],
            mappings=up_mapping(words, yes=("in force", "已生效"), no=("REFUSED", "被拒绝")), colour="background",
        ),
        4, 8,
    )  # fmt: skip
    board.add(
        graph(
            words, ("Nobody on duty", "无人值班"),
            ("Messages an hour that found nobody on duty and went to what their sink has by default, by why. No data where no sink asks the roster.",
             "每小时因找不到值班人而发给默认收件人的消息数，按原因。没有渠道使用值班表时无数据。"),
            [query(f"sum by (sink, reason) (increase(cunkou_notifications_without_duty_total{{{I}}}[1h]))", "{{sink}} {{reason}}")], min=0,
        ),
        10, 8,
    )  # fmt: skip
    board.add(
        graph(
            words, ("Heartbeats", "心跳"),
            ("Heartbeats an hour to the service outside that raises the alarm when it hears none, by how the try ended. No data where none is set.",
             "每小时发给外部心跳服务的次数，按结果；外部服务收不到心跳就会报警。未配置时无数据。"),
            [query(f"sum by (result) (increase(cunkou_heartbeats_total{{{I}}}[1h]))", "{{result}}")], min=0,
        ),
        10, 8,
    )  # fmt: skip
    board.add(
        table(
            words, ("Open alerts", "进行中的告警"),
            ("Alerts that cunkou itself has open, by name.", "cunkou 自身进行中的告警，按名称。"),
            [query(f"sum by (alert, severity) (cunkou_alerts{{{I}}})")],
            [
                column(words, "alert", ("Alert", "告警")),
                column(words, "severity", ("Severity", "级别")),
                column(words, "Value", ("Open", "数量"), thresholds=steps(GREEN, (1, YELLOW))),
            ],
            sort=("Value", True),
        ),
        12, 8,
    )  # fmt: skip
    board.add(
        table(
            words, ("Registry in force", "生效的台账"),
            ("Objects of the registry in force.", "生效台账中的对象数量。"),
            [query(f"sum by (kind) (cunkou_registry_objects{{{I}}})")],
            [column(words, "kind", ("Kind", "类别")), column(words, "Value", ("Objects", "数量"))],
        ),
        12, 8,
    )  # fmt: skip


def _cost(words, board):
    board.row(("Database and machine", "数据库与资源"))
    board.add(
        graph(
            words, ("How long writing takes", "写入耗时"),
            ("Writing transactions of the database; the line is the threshold of the alert rule. What is not written is not told.",
             "数据库写事务耗时；横线为告警规则的阈值。写不下的就发不出。"),
            _quantiles("cunkou_store_transaction_duration_seconds", "", ""), unit="s", min=0,
            thresholds=alert_steps("CunkouStoreSlow", bad=ORANGE),
        ),
        8, 8,
    )  # fmt: skip
    board.add(
        graph(
            words, ("Writing transactions", "写事务"),
            ("Writing transactions a second.", "每秒写事务数。"),
            [query(f"rate(cunkou_store_transaction_duration_seconds_count{{{I}}}[$__rate_interval])", ("transactions", "事务"))],
            unit="ops", min=0,
        ),
        8, 8,
    )  # fmt: skip
    board.add(
        graph(
            words, ("Memory", "内存"),
            ("Resident memory; the line is the threshold of the alert rule.", "常驻内存；横线为告警规则的阈值。"),
            [query(f"process_resident_memory_bytes{{{I}}}", ("resident", "常驻"))], unit="bytes", min=0,
            thresholds=alert_steps("CunkouMemoryHigh", bad=ORANGE),
        ),
        8, 8,
    )  # fmt: skip
    board.add(
        graph(
            words, ("Processor", "处理器"),
            ("Processor time a second; 1 is one core.", "每秒占用的处理器时间；1 为一个核。"),
            [query(f"rate(process_cpu_seconds_total{{{I}}}[$__rate_interval])", ("cores", "核"))], unit="none", min=0, decimals=2,
        ),
        8, 8,
    )  # fmt: skip
    board.add(
        graph(
            words, ("Open files", "打开的文件"),
            ("Open file descriptors / their limit; the line is the threshold of the alert rule.", "已打开的文件描述符占上限的比例；横线为告警规则的阈值。"),
            [query(f"process_open_fds{{{I}}} / process_max_fds{{{I}}}", ("used", "已用"))], unit="percentunit", min=0,
            thresholds=alert_steps("CunkouFilesNearLimit", bad=ORANGE),
        ),
        8, 8,
    )  # fmt: skip
    board.add(
        graph(
            words, ("Scrapes", "抓取"),
            ("How long a scrape of /metrics takes.", "抓取一次 /metrics 的耗时。"),
            [query(f"scrape_duration_seconds{{{I}}}", ("scrape", "抓取"))], unit="s", min=0,
        ),
        8, 8,
    )  # fmt: skip


def build(words):
    board = parts.Board(
        "itself", ("cunkou · itself", "村口 · 自身"),
        ("Probes, delays, sinks, database, memory: who watches the watcher.", "探测、延迟、通知、数据库、内存：谁来看护看护者。"),
        words, [TOWN],
    )  # fmt: skip
    _head(words, board)
    _probes(words, board)
    _sinks(words, board)
    _cost(words, board)
    return board.json()
