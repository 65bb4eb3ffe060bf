"""States as numbers, so that a row of a timeline can show them, with one word and one colour for each."""

from parts import GREEN, GREY, BLUE, ORANGE, RED, YELLOW, mapping

CAMERA = {"up": 1, "degraded": 2, "suspect": 3, "down": 4, "unknown": 5}
ENTRANCE = {"covered": 1, "reduced": 2, "lost": 3, "unknown": 4, "unwatched": 5, "planned": 6}


def camera_mapping(words):
    return mapping(
        words,
        (1, ("up", "正常"), GREEN),
        (2, ("degraded", "降级"), YELLOW),
        (3, ("suspect", "疑似"), ORANGE),
        (4, ("down", "掉线"), RED),
        (5, ("unknown", "未知"), GREY),
    )


def entrance_mapping(words):
    return mapping(
        words,
        (1, ("covered", "有看护"), GREEN),
        (2, ("reduced", "减弱"), YELLOW),
        (3, ("lost", "失守"), RED),
        (4, ("unknown", "未知"), GREY),
        (5, ("unwatched", "无摄像机"), BLUE),
        (6, ("planned", "规划中"), BLUE),
    )


def up_mapping(words, yes=("up", "正常"), no=("down", "掉线")):
    return mapping(words, (1, yes, GREEN), (0, no, RED))


def flag_mapping(words, yes, no=("no", "否"), bad=ORANGE):
    return mapping(words, (1, yes, bad), (0, no, GREEN))


def camera_state(where):
    """The state of cameras as one number each; `where` are label matchers."""
    return _number("cunkou_camera_state", "camera", CAMERA, where)


def entrance_state(where):
    """The state of entrances as one number each."""
    return _number("cunkou_entrance_state", "entrance", ENTRANCE, where)


def _number(metric, key, states, where):
    parts = [f'{n} * {metric}{{{where}, state="{state}"}}' for state, n in states.items()]
    return f"sum by ({key}) ({' or '.join(parts)})"
