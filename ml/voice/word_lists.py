"""Words of customers and what they are worth, -4 to 4: the built-in lexicon beside VADER's.

Written once from general knowledge of service, delivery and software mail, before anything was
scored; a user's own entries replace them (VOC-14). Chinese words are matched as substrings: no
segmenter is needed (measured: `ml.md` 1.5), so a word that is part of an opposite one must have
the longer one beside it (`不错` beside `错`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final


def _weighted(groups: Mapping[float, str]) -> dict[str, float]:
    return {word: weight for weight, words in groups.items() for word in words.split()}


ENGLISH_SERVICE: Final = _weighted(
    {
        2.4: "flawless flawlessly seamless seamlessly intuitive",
        1.8: "reliable responsive knowledgeable courteous punctual prompt promptly affordable",
        1.2: "quickly fast resolved upgraded timesaver",
        0.0: "kindly approved ready like care please support supports supported help number "
             "numbers share security united alert alerts fire interest interests novel "
             "focused ticket gold play",
        -1.0: "wait waits hours hour again hold",
        -1.4: "waiting waited slow slowly late later missing bug bugs buggy outage outages",
        -1.8: "delay delays delayed cancelled canceled cancellation overcharged glitch glitches "
              "crashes crashing crashed broken broke down unanswered unresolved downtime stuck "
              "expensive overpriced error errors confusing sluggish refused disconnected lost",
        -2.2: "unresponsive unreliable unusable incompetent unprofessional inexcusable clueless "
              "unhelpful misleading defective ridiculous tired nightmare disappointed",
        -2.8: "unacceptable worst appalling atrocious",
    }
)  # fmt: skip
"""Words that VADER lacks or weighs otherwise; 0 takes away an opinion that service mail has not."""

ENGLISH_PHRASES: Final[Mapping[str, float]] = {
    "no response": -2.0, "no answer": -2.0, "no one": -1.0, "nobody answers": -2.0,
    "no reply": -2.0, "no help": -2.0, "no luck": -1.5, "no idea": -1.0, "on hold": -1.8,
    "still waiting": -2.0, "still no": -1.8, "hung up": -2.0, "hang up": -1.5,
    "charged twice": -2.2, "not working": -2.2, "does not work": -2.2, "doesn't work": -2.2,
    "didn't work": -2.0, "won't work": -2.2, "stopped working": -2.2, "no longer works": -2.0,
    "without a fix": -1.8, "keeps crashing": -2.4, "tired of": -2.4, "fed up": -2.6,
    "give up": -1.6, "gave up": -1.6, "waste of": -2.4, "never again": -2.4, "let down": -1.8,
    "at least": 0.0, "no problem": 1.5, "no issues": 1.5, "no complaints": 1.8,
    "works well": 2.0, "works great": 2.8, "works perfectly": 2.9, "well done": 2.4,
    "keep up": 1.6, "saves us": 1.8, "saved us": 1.8, "thank you": 1.8, "looking forward": 1.4,
    "would recommend": 2.0, "customer care": 0.0, "customer service": 0.0, "no thanks": -0.8,
    "too slow": -2.2, "way too": -0.8, "too long": -1.8, "so long": -1.0, "second time": -1.0,
    "third time": -1.4, "last time": -0.8, "how long": -0.6,
}  # fmt: skip
"""Two words that mean more, or something else, than each of them."""

CHINESE: Final = _weighted(
    {
        2.6: "非常好 特别好 太棒 很棒 最好 超赞 完美 优秀 强烈推荐 五星 超级好 出色 惊喜 "
             "一流",
        2.0: "满意 喜欢 推荐 好吃 美味 感谢 谢谢 很好 不错 好用 给力 赞 方便 开心 高兴 "
             "舒服 周到 热情 专业 值得 放心 很香 可口 真好 信赖 信任 耐心 爱吃 没得说 "
             "好评 顺利 棒",
        1.4: "很快 挺好 还好 还不错 挺快 快速 准时 及时 新鲜 干净 实惠 便宜 划算 足 稳定 "
             "可靠 挺不错 节省 热乎 热的 贴心 合适 齐全 物美价廉 味道好 速度快 好喝 真快 "
             "超快 香 辛苦 没问题 没有问题 准点 超快 特快 神速 服务好 态度好 愉快 正宗 "
             "地道 可爱 超值 感动",
        0.0: "不好意思 好的 好像 好多 好几 好久不见 多好 赞助 香港 香菜 香肠 香菇 "
             "一般来说 错过 尽快 快递 赶快 快点 快餐 差不多 足够 出差 误差 温差 时差 硬件 "
             "坑位 赞成 性价比",
        -1.0: "一般 还行吧 勉强 普通 油腻 有点 贵 少了 凑合 下次不 冷",
        -1.6: "慢 凉了 凉的 冷了 等了 迟到 晚了 超时 太少 太贵 太油 太咸 太辣 太小 太慢 "
              "偏咸 咸 洒 漏 催 没有送 没送 送错 忘了 少送 没给 不新鲜 不热 不值 硬 问题 "
              "故障 崩溃 坏 投诉 退款 不够 难用 麻烦死 卡顿 错误 好久 半天 个小时 多小时 "
              "半小时 小时才",
        -2.2: "不好 不足 差 失望 难吃 不满 糟糕 垃圾 恶心 不推荐 生气 气愤 太差 坑 骗 脏 "
              "臭 馊 烂 无语 郁闷 不会再 再也不 不想再 恶劣 不爽 后悔 浪费 难受 头发 虫 "
              "拉肚子 坏了 变质 差评 极差 无法忍受 不理 态度差 不负责",
    }
)  # fmt: skip

CHINESE_NEGATIONS: Final = ("不", "没", "无", "未", "别")
"""Characters that turn the word after them."""
CHINESE_BOOSTERS: Final[Mapping[str, float]] = {
    "非常": 1.4, "特别": 1.4, "太": 1.3, "很": 1.2, "超": 1.4, "真": 1.2, "十分": 1.4, "最": 1.4,
    "有点": 0.7, "稍": 0.7,
}  # fmt: skip
