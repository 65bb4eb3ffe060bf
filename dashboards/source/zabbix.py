"""The template for Zabbix: one request reads /metrics, everything else depends on it.

Written in the form that Zabbix 6.0 exports, which 6.0 and everything newer import. What is absent from /metrics (a camera
of which nothing is known) gives no value, and never a 0. Low-level discovery follows the registry: what leaves it goes.
"""

import hashlib

from rules import threshold

# Zabbix' words for what Prometheus calls critical, warning and info.
CRITICAL, WARNING, INFO = "HIGH", "WARNING", "INFO"


def uuid(*of):
    """The same for ever, and of the form of a version 4, which Zabbix asks for."""
    h = hashlib.md5("/".join(("cunkou",) + of).encode()).hexdigest()
    return f"{h[:12]}4{h[13:16]}{'89ab'[int(h[16], 16) % 4]}{h[17:]}"


class Template:
    """One language; names and keys of items are the same in both, so that graphs and scripts fit both."""

    def __init__(self, words):
        self.words = words
        self.name = f"cunkou by HTTP{'' if words.suffix == '' else ' zh-CN'}"

    def uuid(self, *of):
        return uuid(self.words.language, *of)

    def trigger(self, key, test, name, priority, of="triggers"):
        """A trigger of one item; `test` has the item as `{}`."""
        expression = test.replace("{}", f"/{self.name}/{key}")
        return {
            "uuid": self.uuid(of, key, test),
            "expression": expression,
            "name": self.words(name),
            "priority": priority,
            "tags": [{"tag": "scope", "value": "availability"}],
        }

    def dependent(self, key, name, pattern, units="", triggers=(), valuemap="", prototype=False, function=None, steps=(), value_type="FLOAT"):
        """An item made of a Prometheus pattern; a pattern without an answer gives no value."""
        item = {
            "uuid": self.uuid("item", key),
            "name": self.words(name),
            "type": "DEPENDENT",
            "key": key,
            "delay": "0",
            "history": "31d",
            "value_type": value_type,
        }
        if value_type != "FLOAT":
            item["trends"] = "0"
        if units:
            item["units"] = units
        if valuemap:
            item["valuemap"] = {"name": valuemap}
        parameters = [pattern, "function", function] if function else [pattern, "value", ""]
        item["preprocessing"] = [
            {"type": "PROMETHEUS_PATTERN", "parameters": parameters, "error_handler": "DISCARD_VALUE"},
            *steps,
        ]
        item["master_item"] = {"key": "cunkou.metrics"}
        item["tags"] = [{"tag": "component", "value": "cunkou"}]
        if triggers:
            of = "trigger_prototypes" if prototype else "triggers"
            item[of] = [self.trigger(key, *t, of=of) for t in triggers]
        return item

    def discovery(self, name, title, metric, macros, prototypes):
        """A rule that finds things in an `_info` family."""
        return {
            "uuid": self.uuid("discovery", name),
            "name": self.words(title),
            "type": "DEPENDENT",
            "key": f"cunkou.{name}.discovery",
            "delay": "0",
            "lifetime": "1d",
            "item_prototypes": prototypes,
            "master_item": {"key": "cunkou.metrics"},
            "lld_macro_paths": [{"lld_macro": f"{{#{m.upper()}}}", "path": f"$.labels['{m}']"} for m in macros],
            "preprocessing": [
                {"type": "PROMETHEUS_TO_JSON", "parameters": [metric]},
                # An hour's old list is as good as one of this minute, and a thousand cameras are much to look at.
                {"type": "DISCARD_UNCHANGED_HEARTBEAT", "parameters": ["1h"]},
            ],
        }


def _master(t):
    return {
        "uuid": t.uuid("item", "cunkou.metrics"),
        "name": t.words(("cunkou: all metrics", "cunkou：全部指标")),
        "type": "HTTP_AGENT",
        "key": "cunkou.metrics",
        "delay": "{$CUNKOU.INTERVAL}",
        "history": "0",
        "trends": "0",
        "value_type": "TEXT",
        "timeout": "15s",
        "url": "{$CUNKOU.URL}/metrics",
        # Where the macro is empty, no such header is sent: a token that is empty would be refused.
        "headers": [{"name": "Authorization", "value": "{$CUNKOU.AUTHORIZATION}"}],
        "status_codes": "200",
        "tags": [{"tag": "component", "value": "raw"}],
    }


def _town(t):
    """Figures of the whole town."""
    items = []
    for state, name in (
        ("lost", ("Entrances lost", "失守的进出口")),
        ("reduced", ("Entrances reduced", "看护减弱的进出口")),
        ("unknown", ("Entrances unknown", "状态未知的进出口")),
        ("covered", ("Entrances covered", "有看护的进出口")),
        ("unwatched", ("Entrances without a camera", "无摄像机的进出口")),
    ):
        items.append(t.dependent(f"cunkou.entrances[{state}]", name, f'cunkou_entrances{{period="now",state="{state}"}}'))
    for state, name in (
        ("up", ("Cameras up", "正常的摄像机")),
        ("degraded", ("Cameras degraded", "降级的摄像机")),
        ("down", ("Cameras down", "掉线的摄像机")),
        ("unknown", ("Cameras unknown", "状态未知的摄像机")),
    ):
        pattern = f'cunkou_cameras{{state="{state}"}}'
        items.append(t.dependent(f"cunkou.cameras[{state}]", name, pattern, function="sum"))
    for state, name in (("open", ("Incidents open", "未处理的事件")), ("acknowledged", ("Incidents acknowledged", "已受理的事件"))):
        items.append(t.dependent(f"cunkou.incidents[{state}]", name, f'cunkou_incidents{{state="{state}"}}'))
    return items


def _itself(t):
    """cunkou itself."""
    refused = ("cunkou: the registry folder was refused", "cunkou：台账被拒绝")
    blind = ("cunkou is blind: nothing is known of the town", "监测端失明：全镇状态未知")
    away = ("cunkou is not read: nobody watches the cameras", "读取不到 cunkou：没有人在看护摄像机")
    memory, files = threshold("CunkouMemoryHigh"), threshold("CunkouFilesNearLimit")
    return [
        t.dependent(
            "cunkou.blind", ("Monitor blind", "监测端失明"), "cunkou_monitor_blind", valuemap="cunkou yes",
            triggers=[("last({})=1", blind, CRITICAL), ("nodata({},5m)=1", away, CRITICAL)],
        ),
        t.dependent(
            "cunkou.registry", ("Registry in force", "台账已生效"), "cunkou_registry_last_reload_successful", valuemap="cunkou yes",
            triggers=[("max({},15m)=0", refused, WARNING)],
        ),
        t.dependent(
            "cunkou.probes", ("Probes a second", "每秒探测数"), "cunkou_probes_total", function="sum", units="/s",
            steps=[{"type": "CHANGE_PER_SECOND", "parameters": [""]}],
            triggers=[("max({},5m)=0", ("cunkou has asked no camera for five minutes", "cunkou 五分钟没有探测任何摄像机"), CRITICAL)],
        ),
        t.dependent(
            "cunkou.outbox", ("Waiting messages", "待发消息"), "cunkou_outbox_messages", function="sum",
            triggers=[("min({},15m)>0", ("cunkou: messages wait for a sink", "cunkou：有消息发不出去"), WARNING)],
        ),
        t.dependent(
            "cunkou.memory", ("Resident memory", "常驻内存"), "process_resident_memory_bytes", units="B",
            triggers=[(f"min({{}},15m)>{memory}", ("cunkou: much memory", "cunkou：内存占用过高"), WARNING)],
        ),
        t.dependent("cunkou.files", ("Open files", "打开的文件"), "process_open_fds"),
        {
            **t.dependent("cunkou.files.limit", ("Limit of open files", "可打开文件上限"), "process_max_fds"),
            "triggers": [
                {
                    **t.trigger("cunkou.files.limit", "files", ("cunkou: near the limit of open files", "cunkou：接近可打开文件上限"), WARNING),
                    "expression": f"min(/{t.name}/cunkou.files,5m)>{files}*last(/{t.name}/cunkou.files.limit)",
                }
            ],
        },
    ]  # fmt: skip


def _discoveries(t):
    lost = ("Nobody watches {#NAME} ({#ENTRANCE})", "{#NAME}（{#ENTRANCE}）已无摄像机看护")
    down = ("The node {#NAME} ({#NODE}) is down", "节点 {#NAME}（{#NODE}）掉线")
    camera = ("The camera {#NAME} ({#CAMERA}) is down", "摄像机 {#NAME}（{#CAMERA}）掉线")
    slow = ("The camera {#NAME} ({#CAMERA}) answers slowly", "摄像机 {#NAME}（{#CAMERA}）应答缓慢")
    return [
        t.discovery(
            "entrances", ("Entrances", "进出口"), "cunkou_entrance_info", ("entrance", "name", "village"),
            [
                t.dependent(
                    "cunkou.entrance.covered[{#ENTRANCE}]", ("{#NAME}: watched", "{#NAME}：有人看护"),
                    'cunkou_entrance_covered{entrance="{#ENTRANCE}"}', valuemap="cunkou yes", prototype=True,
                    triggers=[("last({})=0", lost, CRITICAL)],
                ),
                t.dependent(
                    "cunkou.entrance.live[{#ENTRANCE}]", ("{#NAME}: live cameras", "{#NAME}：有效摄像机"),
                    'cunkou_entrance_cameras_live{entrance="{#ENTRANCE}"}', prototype=True,
                ),
            ],
        ),
        t.discovery(
            "nodes", ("Nodes", "节点"), "cunkou_node_info", ("node", "name", "kind"),
            [
                t.dependent(
                    "cunkou.node.up[{#NODE}]", ("{#NAME}: up", "{#NAME}：正常"), 'cunkou_node_up{node="{#NODE}"}',
                    valuemap="cunkou yes", prototype=True, triggers=[("last({})=0", down, WARNING)],
                ),
                t.dependent(
                    "cunkou.node.down[{#NODE}]", ("{#NAME}: cameras down", "{#NAME}：掉线的下挂摄像机"),
                    'cunkou_node_cameras{node="{#NODE}",state="down"}', prototype=True,
                ),
            ],
        ),
        t.discovery(
            "cameras", ("Cameras", "摄像机"), "cunkou_camera_info", ("camera", "name", "village", "layer"),
            [
                t.dependent(
                    "cunkou.camera.up[{#CAMERA}]", ("{#NAME}: up", "{#NAME}：正常"), 'cunkou_camera_up{camera="{#CAMERA}"}',
                    valuemap="cunkou yes", prototype=True, triggers=[("max({},10m)=0", camera, INFO)],
                ),
                t.dependent(
                    "cunkou.camera.rtt[{#CAMERA}]", ("{#NAME}: round trip", "{#NAME}：往返时延"),
                    'cunkou_camera_rtt_seconds{camera="{#CAMERA}"}', units="s", prototype=True,
                    triggers=[(f"min({{}},10m)>{threshold('CunkouRoundTripSlow')}", slow, INFO)],
                ),
            ],
        ),
    ]  # fmt: skip


def build(words):
    """The export as plain data."""
    t = Template(words)
    group = "Templates/Applications"
    return {
        "zabbix_export": {
            "version": "6.0",
            "date": "2026-01-01T00:00:00Z",
            "groups": [{"uuid": "a571c0d144b14fd4a87a9d9b2aa9fcd6", "name": group}],
            "templates": [
                {
                    "uuid": t.uuid("template"),
                    "template": t.name,
                    "name": t.name,
                    "description": words((
                        "Reads /metrics of cunkou. Set {$CUNKOU.URL}; where [http] read = \"token\", also {$CUNKOU.AUTHORIZATION} to Bearer and a token of the role read.",
                        "读取 cunkou 的 /metrics。请设置 {$CUNKOU.URL}；[http] read = \"token\" 时还要把 {$CUNKOU.AUTHORIZATION} 设为 Bearer 加角色 read 的令牌。",
                    )),
                    "groups": [{"name": group}],
                    "items": [_master(t), *_town(t), *_itself(t)],
                    "discovery_rules": _discoveries(t),
                    "macros": [
                        {"macro": "{$CUNKOU.AUTHORIZATION}", "type": "SECRET_TEXT"},
                        {"macro": "{$CUNKOU.INTERVAL}", "value": "30s"},
                        {"macro": "{$CUNKOU.URL}", "value": "http://127.0.0.1:9778"},
                    ],
                    "valuemaps": [
                        {
                            "uuid": t.uuid("valuemap"),
                            "name": "cunkou yes",
                            "mappings": [
                                {"value": "0", "newvalue": words(("no", "否"))},
                                {"value": "1", "newvalue": words(("yes", "是"))},
                            ],
                        }
                    ],
                }
            ],
        }
    }  # fmt: skip


def yaml(value, indent=0):
    """Plain data as YAML, as Zabbix writes it: maps and lists in blocks, every text in quotes."""
    pad = "  " * indent
    if isinstance(value, dict):
        return "".join(_entry(f"{pad}{key}:", one, indent) for key, one in value.items())
    out = ""
    for one in value:
        if isinstance(one, dict):
            block = yaml(one, indent + 1)
            out += f"{pad}- " + block[len(pad) + 2 :]
        else:
            out += f"{pad}- {_text(one)}\n"
    return out


def _entry(head, one, indent):
    if isinstance(one, (dict, list)):
        return f"{head}\n{yaml(one, indent + 1)}"
    return f"{head} {_text(one)}\n"


def _text(text):
    return "'" + text.replace("'", "''") + "'"
