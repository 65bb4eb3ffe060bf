//! What is wrong with an extract of OpenStreetMap (PBF): the first thing that is, since nothing behind it can be read.

use std::sync::Arc;

/// Why an extract cannot be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PbfFault {
    /// It does not begin as an extract does.
    Start,
    /// It ends within a block.
    Truncated,
    /// A block, or the header before it, is larger than the format allows.
    BlockSize {
        /// The limit, bytes.
        limit: usize,
    },
    /// All blocks unpacked are more than is read.
    Unpacked {
        /// The limit, bytes.
        limit: u64,
    },
    /// Packed in a way that is not read.
    Packing {
        /// How.
        by: &'static str,
    },
    /// What is packed cannot be unpacked.
    Zlib,
    /// The bytes of a block are not what the format says.
    Message,
    /// It cannot be understood without a feature that is not known here.
    Feature {
        /// Its name.
        name: Arc<str>,
    },
    /// A block with more texts than are read.
    Texts {
        /// The limit.
        limit: usize,
    },
    /// More roads than are read.
    Roads {
        /// The limit.
        limit: usize,
    },
    /// Roads of more points than are read.
    Points {
        /// The limit.
        limit: usize,
    },
    /// A point of a road is nowhere on earth.
    Place,
}

impl PbfFault {
    /// One sentence in Chinese.
    pub(super) fn zh(&self) -> String {
        match self {
            PbfFault::Start => "这不是 OpenStreetMap 的 PBF 文件（开头不是 OSMHeader）".to_owned(),
            PbfFault::Truncated => "文件在数据块中间结束：没有下载完或没有复制完".to_owned(),
            PbfFault::BlockSize { limit } => format!("数据块或其块头超过 {limit} 字节，格式不允许"),
            PbfFault::Unpacked { limit } => format!("解压后超过 {} MiB；{ZH_CUT}", limit >> 20),
            PbfFault::Packing { by } => format!("数据块用 {by} 压缩，只读 zlib 和不压缩的；请用 osmium cat 重新写一遍"),
            PbfFault::Zlib => "数据块解压不了（zlib）：文件已损坏".to_owned(),
            PbfFault::Message => "数据块的内容不符合格式：文件已损坏".to_owned(),
            PbfFault::Feature { name } => format!("文件要求支持 {name:?}，这里不支持"),
            PbfFault::Texts { limit } => format!("一个数据块里的文字超过 {limit} 条"),
            PbfFault::Roads { limit } => format!("道路超过 {limit} 条；{ZH_CUT}"),
            PbfFault::Points { limit } => format!("道路的点超过 {limit} 个；{ZH_CUT}"),
            PbfFault::Place => "道路有一个点的经纬度不在 -180 到 180、-90 到 90 之内".to_owned(),
        }
    }

    /// The same in English.
    pub(super) fn en(&self) -> String {
        match self {
            PbfFault::Start => "this is no PBF of OpenStreetMap: it does not begin with OSMHeader".to_owned(),
            PbfFault::Truncated => {
                "the file ends within a block: it was not downloaded or not copied to its end".to_owned()
            }
            PbfFault::BlockSize { limit } => {
                format!("a block or its header is larger than {limit} bytes, which the format does not allow")
            }
            PbfFault::Unpacked { limit } => format!("it is more than {} MiB when unpacked; {EN_CUT}", limit >> 20),
            PbfFault::Packing { by } => format!(
                "the block is packed with {by}; only zlib and what is not packed are read: write it again with osmium cat"
            ),
            PbfFault::Zlib => "the block cannot be unpacked (zlib): the file is broken".to_owned(),
            PbfFault::Message => "what is in the block is not of this format: the file is broken".to_owned(),
            PbfFault::Feature { name } => format!("the file requires {name:?}, which is not known here"),
            PbfFault::Texts { limit } => format!("a block has more than {limit} texts"),
            PbfFault::Roads { limit } => format!("there are more than {limit} roads; {EN_CUT}"),
            PbfFault::Points { limit } => format!("the roads have more than {limit} points; {EN_CUT}"),
            PbfFault::Place => {
                "a point of a road is not within longitude -180 to 180 and latitude -90 to 90".to_owned()
            }
        }
    }
}

/// What to do about an extract that is too large.
const ZH_CUT: &str = "请用 osmium extract 只裁出本街道及周边";
const EN_CUT: &str = "cut the town and what is around it out with osmium extract";
