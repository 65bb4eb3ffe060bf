//! Made-up names and plausible lenses.

/// Surnames from which hamlets (自然湾) get their names.
pub(in crate::town) const SURNAMES: [&str; 60] = [
    "李", "刘", "王", "张", "陈", "杨", "周", "吴", "徐", "朱", "胡", "郭", "何", "高", "林", "罗", "梁", "宋", "郑",
    "谢", "韩", "唐", "冯", "于", "董", "萧", "程", "曹", "袁", "邓", "许", "傅", "沈", "曾", "彭", "吕", "苏", "卢",
    "蒋", "蔡", "贾", "丁", "魏", "薛", "叶", "阎", "余", "潘", "杜", "戴", "夏", "钟", "汪", "田", "任", "姜", "范",
    "方", "石", "熊",
];

/// What follows the surname in the name of a hamlet; the first are the commonest.
pub(in crate::town) const SUFFIXES: [&str; 14] = [
    "家湾",
    "家大湾",
    "家小湾",
    "家塘",
    "家田",
    "家岗",
    "家嘴",
    "家冲",
    "家畈",
    "家桥",
    "家咀",
    "家新湾",
    "家老湾",
    "家河",
];

/// The eight directions, clockwise from north.
pub(in crate::town) const DIRECTIONS: [&str; 8] = ["北", "东北", "东", "东南", "南", "西南", "西", "西北"];

/// Places of the layer 点 that are not work stations.
pub(in crate::town) const PUBLIC_PLACES: [&str; 4] = ["小学", "卫生室", "集贸市场", "粮站"];

/// A camera as a catalogue describes it. Makers and models are made up; the figures are those of common cameras.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(in crate::town) struct Lens {
    /// Maker.
    pub(in crate::town) vendor: &'static str,
    /// Model.
    pub(in crate::town) model: &'static str,
    /// Picture, pixels.
    pub(in crate::town) pixels: (u32, u32),
    /// Horizontal field of view, degrees.
    pub(in crate::town) hfov: f64,
    /// How far it sees by day, metres.
    pub(in crate::town) range_m: f64,
    /// How far its light reaches by night, metres.
    pub(in crate::town) light_m: f64,
}

const fn lens(
    vendor: &'static str,
    model: &'static str,
    pixels: (u32, u32),
    hfov: f64,
    range_m: f64,
    light_m: f64,
) -> Lens {
    Lens { vendor, model, pixels, hfov, range_m, light_m }
}

/// Four catalogue cameras: the everyday one (4 MP, 4 mm), a cheaper one (2 MP), one for gates (8 MP), one with a
/// narrow lens.
pub(in crate::town) const LENSES: [Lens; 4] = [
    lens("示例甲", "IPC-4MP-28", (2_560, 1_440), 84.0, 55.0, 40.0),
    lens("示例乙", "IPC-2MP-36", (1_920, 1_080), 82.0, 40.0, 35.0),
    lens("示例甲", "IPC-8MP-28", (3_840, 2_160), 87.0, 80.0, 60.0),
    lens("示例丙", "IPC-2MP-60", (1_920, 1_080), 55.0, 60.0, 50.0),
];
