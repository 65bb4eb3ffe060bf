//! Faults in Chinese as written on the mainland: one sentence each.

use super::fault::{
    CellFault, CheckWordFault, Fault, FaultKind, FileFault, HostHint, NumberHint, ShapeFault, Unbuilt, UrlFault, bare,
    quoted, some,
};
use super::tables::ObjectKind;

/// Words or ids of a list that are shown.
const LISTED: usize = 12;

pub(super) fn place(fault: &Fault) -> String {
    let mut text = bare(&fault.file);
    if let Some(row) = fault.row {
        text.push_str(&format!(" 第 {row} 行"));
    }
    if let Some(column) = &fault.column {
        text.push_str(&format!("，{} 列", bare(column)));
    }
    if text.is_empty() { "台账".to_owned() } else { text }
}

pub(super) fn sentence(fault: &Fault) -> String {
    let value = quoted(&fault.value);
    match &fault.kind {
        FaultKind::File(why) => file(why),
        FaultKind::Cell(why) => cell(why, &value),
        FaultKind::DuplicateId { row: 0, .. } => format!("{value} 是现行登记中已有的编号；编号在所有种类中必须唯一"),
        FaultKind::DuplicateId { file, row } => {
            format!("{value} 已在 {} 第 {row} 行用过；编号在所有种类中必须唯一", file.word())
        }
        FaultKind::Dangling { expected, found, did_you_mean } => {
            let wanted = expected.iter().map(|k| kind(*k)).collect::<Vec<_>>().join("或");
            let is = found.map_or("不存在".to_owned(), |k| format!("是{}", kind(k)));
            format!("{value} {is}；这里应填{wanted}的编号{}", meant(did_you_mean.as_deref()))
        }
        FaultKind::Cycle { path } => {
            let ring = some(path.iter().map(|id| &**id), LISTED, "另有");
            format!("{ring} 首尾相连成环；必须去掉其中一条")
        }
        FaultKind::TooManyLinks { limit } => {
            format!("从 {value} 往上的连接超过 {limit} 条；没有这么深的网络，请检查上级是否填错")
        }
        FaultKind::Crowded { entrances } => {
            format!(
                "{value} 周围约 200 米内有 {entrances} 个进出口，许多摄像机都是这样；位置不明的请把 lon 和 lat 留空"
            )
        }
        FaultKind::CaseTwin { other } => format!("{value} 与 {other} 只有大小写不同；按两个编号处理"),
        FaultKind::NotBuilt { what: Unbuilt::Device, count } => {
            format!("{count} 台摄像机填了 device 检查（第一台是 {value}）；本版本还不做这项检查")
        }
        FaultKind::NoCheck => format!("{value} 在用，但所填的检查本版本都不做，永远不会被探测"),
        FaultKind::DuplicateAddress { other } => format!("与 {other} 的地址 {value} 和码流相同"),
        FaultKind::DuplicateGbCode { other } => format!("与 {other} 的国标编码 {value} 相同"),
        FaultKind::OutsideTown { metres, boundary: true } => {
            format!("{value} 在街道边界外 {}", distance(*metres))
        }
        FaultKind::OutsideTown { metres, boundary: false } => {
            format!("{value} 距街道中心 {}", distance(*metres))
        }
        FaultKind::UnknownPath { count } => {
            format!("{count} 台摄像机没有填所接设备（第一台是 {value}）；它们一起掉线时说不出是哪个箱子")
        }
        FaultKind::NeverAsked => format!("{value} 在用，但没有地址也没有 URL，永远不会被探测"),
        FaultKind::EntranceUnwatched => format!("没有摄像机看守进出口 {value}"),
        FaultKind::WatchConflict { entrance } => {
            format!("声明看守 {entrance}，但按位置、朝向和距离看不到它")
        }
        FaultKind::DerivedEntrances { count } => {
            format!("没有 entrances.csv：已按杆位推出 {count} 个进出口")
        }
        FaultKind::Roads(why) => why.zh(&value),
        FaultKind::More { count } => format!("还有 {count} 处问题没有列出"),
    }
}

fn file(why: &FileFault) -> String {
    match why {
        FileFault::Missing => "缺少这个文件；台账至少要有摄像机".to_owned(),
        FileFault::Unknown { did_you_mean } => format!("不读这个文件；是不是 {did_you_mean:?}？"),
        FileFault::NotRegular => "这不是普通文件，没有读取".to_owned(),
        FileFault::TooLarge { limit } => format!("文件超过 {} MiB，没有读取", limit >> 20),
        FileFault::Encoding => "文字既不是 UTF-8 也不是 GBK（GB 18030）；请另存为 UTF-8".to_owned(),
        FileFault::Workbook => "这是电子表格文件，不是文本；请另存为 UTF-8 的 CSV".to_owned(),
        FileFault::Changing => "文件正在写入；请等写完再试".to_owned(),
        FileFault::Title => "第一行不是列名；第一行必须是列名（id、name、area 等），上面不能有标题".to_owned(),
        FileFault::OpenQuote => "从这里开始的引号没有闭合，或引号后面还有文字；整个文件没有读取".to_owned(),
        FileFault::Unreadable { why } => format!("文件无法读取：{why}"),
        FileFault::Extract { offset, why } => format!("文件无法读取，从第 {offset} 字节起的数据块：{}", why.zh()),
        FileFault::Beside { other } => format!("和 {other} 同时存在；只能留一个，请移走另一个"),
        FileFault::CellTooLong { limit } => format!("一个单元格最多 {limit} 字节"),
        FileFault::TooManyRows { limit } => format!("一个文件最多 {limit} 行，其余没有读取"),
        FileFault::TooManyColumns { limit } => format!("一个文件最多 {limit} 列"),
        FileFault::TooManyCells { expected, got } => {
            format!("这一行有 {got} 格，表头只有 {expected} 列；是不是有分隔符没有加引号？")
        }
        FileFault::TooFewCells { expected, got } => {
            format!("这一行只有 {got} 格，表头有 {expected} 列；其余按空白处理")
        }
        FileFault::EmptyColumns { count } => format!("末尾 {count} 个空列已略去"),
        FileFault::EmptyRows { count } => format!("{count} 个空行已略去"),
        FileFault::UnnamedColumn { number } => format!("第 {number} 列有内容，但第一行没有列名"),
        FileFault::MissingColumn { did_you_mean } => {
            format!("缺少这一列，而它不能为空{}", meant(did_you_mean.as_deref()))
        }
        FileFault::UnknownColumn { did_you_mean } => {
            format!("这一列会保留，但不起作用；是不是 {did_you_mean:?}？")
        }
        FileFault::DuplicateColumn => "第一行里这个列名出现了两次".to_owned(),
        FileFault::SecretColumn => "台账文件里不能放密码；请写进密码文件，在 credential 列填条目名".to_owned(),
    }
}

fn cell(why: &CellFault, value: &str) -> String {
    match why {
        CellFault::Missing => "这一格不能为空".to_owned(),
        CellFault::Id { in_list, did_you_mean, .. } => {
            let spaces = if *in_list { "，编号之间用空格隔开" } else { "" };
            let meant = meant(did_you_mean.as_deref());
            format!("{value} 不是编号：编号是 1 到 64 个 A-Z a-z 0-9 . _ - 字符{spaces}{meant}")
        }
        CellFault::Word { allowed, did_you_mean } => {
            let words = some(allowed.iter().copied(), LISTED, "另有");
            format!("{value} 不在可选值之中：{words}{}", meant(*did_you_mean))
        }
        CellFault::Number(hint) => format!("{value} 不是数字{}", number(hint)),
        CellFault::NotWhole => format!("{value} 不是整数"),
        CellFault::Range { min, max } => format!("{value} 超出范围；应在 {min} 到 {max} 之间"),
        CellFault::Azimuth { did_you_mean } => format!(
            "{value} 不是方向；请填从正北顺时针的度数（0 到 360）或 北 东北 东 东南 南 西南 西 西北 之一{}",
            meant(*did_you_mean)
        ),
        CellFault::HalfPosition { missing } => format!("位置要同时有 lon 和 lat；{missing} 是空的"),
        CellFault::NullIsland => "经纬度都是 0，那里是大西洋；不知道就都留空".to_owned(),
        CellFault::Swapped => format!("{value}：经度和纬度像是填反了"),
        CellFault::OutsideDatum { datum } => format!("{value} 不在中国境内，{datum} 在那里没有意义；按 wgs84 处理"),
        CellFault::TargetBelowRequired { required } => format!("目标数 {value} 低于需要数（{required}）"),
        CellFault::Duty => format!("{value} 不是值守时段；请写成 08:00-18:00"),
        CellFault::Date => format!("{value} 不是日期；请写成 2024-05-31"),
        CellFault::Moment => {
            format!("{value} 不是时间；请写成 2026-11-24 11:00（当地时间）或 2026-11-24T03:00:00Z")
        }
        CellFault::Days => {
            format!("{value} 不是星期；请写 daily，或用空格隔开的 mon tue wed thu fri sat sun")
        }
        CellFault::Clock => format!("{value} 不是钟点；请写成 22:00"),
        CellFault::Length => format!("{value} 不是时长；应为 1m 到 24h 的整分钟，例如 90m、4h"),
        CellFault::WorkTimes => {
            "这一格是空的；一次性维护要填 from 和 until，每周维护要填 days、start 和 length".to_owned()
        }
        CellFault::EndsFirst => format!("{value} 不晚于 from"),
        CellFault::GbCode => format!("{value} 不是 GB/T 28181 的 20 位数字编码"),
        CellFault::Host(hint) => format!("{value} 不是 IP 地址或主机名{}", host(hint)),
        CellFault::Address(hint) => format!("{value} 不是 host 或 host:port{}", host(hint)),
        CellFault::Url(why) => url(why, value),
        CellFault::Check(why) => check(why, value),
        CellFault::Alone { needs } => format!("{needs} 为空时 {value} 没有意义，不保留"),
        CellFault::Shape(why) => shape(why),
    }
}

fn url(why: &UrlFault, value: &str) -> String {
    match why {
        UrlFault::NotAUrl => format!("{value} 不是 URL"),
        UrlFault::Scheme { allowed } => format!("{value} 应以 {} 开头", allowed.join(":// 或 ") + "://"),
        UrlFault::Credentials => {
            format!("{value} 里带有用户名或密码；请写进密码文件，在 credential 列填条目名")
        }
        UrlFault::NoHost => format!("{value} 用到 {{host}}，但 host 列是空的"),
        UrlFault::Placeholder => format!("{value} 里有不认识的占位符；只认 {{host}}"),
        UrlFault::Host(hint) => format!("{value} 的主机不是 IP 地址或主机名{}", host(hint)),
    }
}

fn check(why: &CheckWordFault, value: &str) -> String {
    match why {
        CheckWordFault::Unknown { did_you_mean } => {
            format!("{value} 不是检查项；可用 reach、stream、picture、device{}", meant(*did_you_mean))
        }
        CheckWordFault::Reach => format!("{value}：可写 reach=icmp、reach=tcp 或 reach=tcp:554"),
        CheckWordFault::Interval => format!("{value}：/ 后面的间隔是整数加单位，1s 到 7d，例如 5s、10m"),
        CheckWordFault::Twice => format!("{value}：这个检查项写了两次"),
        CheckWordFault::Needs { column } => format!("{column} 列为空，{value} 无法进行"),
    }
}

fn shape(why: &ShapeFault) -> String {
    match why {
        ShapeFault::Missing => "要素没有几何图形".to_owned(),
        ShapeFault::Kind { allowed } => format!("几何图形不符；应为 {allowed}"),
        ShapeFault::TooFewPoints => "环至少要三个角点，线至少要两个点".to_owned(),
        ShapeFault::Coordinate => "几何图形里有不可能的坐标（经度在前）".to_owned(),
    }
}

fn number(hint: &NumberHint) -> String {
    match hint {
        NumberHint::None => String::new(),
        NumberHint::FullWidth(text) => format!("：含有全角字符；是不是 {}？", quoted(text)),
        NumberHint::Comma => "；小数点请用 .".to_owned(),
        NumberHint::Sexagesimal => "；请填十进制度数，例如 114.3056".to_owned(),
    }
}

fn host(hint: &HostHint) -> String {
    match hint {
        HostHint::None => String::new(),
        HostHint::FullWidth(text) => format!("：含有全角字符；是不是 {}？", quoted(text)),
        HostHint::Url => "；不要带协议和路径".to_owned(),
        HostHint::Port => "；端口请写在 URL 里".to_owned(),
        HostHint::Numbers => "；应为四个 0 到 255 的数，前面不带零".to_owned(),
    }
}

fn meant(word: Option<&str>) -> String {
    word.map_or(String::new(), |w| format!("；是不是 {}？", quoted(w)))
}

fn distance(metres: f64) -> String {
    if metres < 1_000.0 { format!("{metres:.0} 米") } else { format!("{:.1} 公里", metres / 1_000.0) }
}

const fn kind(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::Area => "区域",
        ObjectKind::Node => "设备节点",
        ObjectKind::Entrance => "进出口",
        ObjectKind::Camera => "摄像机",
        ObjectKind::Element => "规划要素",
        ObjectKind::Place => "点位",
        ObjectKind::Site => "候选杆位",
        ObjectKind::Work => "维护计划",
    }
}
