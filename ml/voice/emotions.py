"""Emotions, finer than sentiment: eight, each within one sentiment (VOC-7).

The emotion is looked for among those of the sentiment that was found, so that rolling emotions up
always gives the sentiments back.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ml.voice.readings import Reading

ROLL_UP: Final[Mapping[str, str]] = {
    "happy": "positive", "enthusiastic": "positive", "grateful": "positive", "trusting": "positive",
    "confused": "negative", "dissatisfied": "negative", "frustrated": "negative",
    "neutral": "neutral",
}  # fmt: skip
"""Sentiment of each emotion."""
_USUAL: Final = {"positive": "happy", "negative": "dissatisfied", "neutral": "neutral"}

_ENGLISH: Final = {
    "grateful": "thank thanks thankful grateful appreciate appreciated appreciative gratitude thx "
                "kudos",
    "enthusiastic": "amazing awesome fantastic love loved loving excited exciting incredible wow "
                    "brilliant rock rocks thrilled outstanding best superb wonderful perfect yay",
    "trusting": "reliable trust trusted trustworthy confident confidence depend dependable "
                "professional recommend loyal secure safe honest faith",
    "happy": "happy glad pleased good nice satisfied great enjoy enjoyed smile pleasure fine",
    "confused": "confused confusing unclear puzzled understand misleading contradictory baffled",
    "frustrated": "frustrated frustrating angry tired annoyed annoying fed furious ridiculous "
                  "again still waiting hours hold unacceptable sick stuck nobody ever never",
    "dissatisfied": "disappointed disappointing poor bad unhappy terrible slow broken worst rude "
                    "dissatisfied awful wrong useless unreliable late delayed cancelled",
}  # fmt: skip
_CHINESE: Final = {
    "grateful": "感谢 谢谢 多谢 感激 辛苦",
    "enthusiastic": "太棒 超赞 太好 超级 惊喜 完美 强烈推荐 最好 爱 ！！",
    "trusting": "放心 可靠 信赖 信任 稳定 专业 推荐 值得",
    "happy": "满意 开心 高兴 喜欢 愉快 不错 很好",
    "confused": "不明白 不清楚 看不懂 搞不懂 糊涂 为什么 困惑 不理解",
    "frustrated": "生气 气愤 无语 又 催 等了 再也不 烦 受不了 无法忍受 一直 三番五次 投诉",
    "dissatisfied": "失望 不满 差 难吃 不好 慢 糟糕 少 贵 凉",
}

_ENGLISH_CUES: Final = {word: name for name, words in _ENGLISH.items() for word in words.split()}
_CHINESE_CUES: Final = [(cue, name) for name, cues in _CHINESE.items() for cue in cues.split()]


def emotion_of(reading: Reading, sentiment: str, is_chinese: bool) -> str:
    """Return the emotion, one of those that roll up to the sentiment."""
    if sentiment == "neutral":
        return "neutral"
    counts: dict[str, int] = {}
    if is_chinese:
        text = "".join(clause[0] for clause in reading.clauses)
        for cue, name in _CHINESE_CUES:
            if ROLL_UP[name] == sentiment and cue in text:
                counts[name] = counts.get(name, 0) + 1
    else:
        for word in reading.words:
            named = _ENGLISH_CUES.get(word)
            if named is not None and ROLL_UP[named] == sentiment:
                counts[named] = counts.get(named, 0) + 1
    if not counts:
        return _USUAL[sentiment]
    most = max(counts.values())
    # The table's order settles a tie: gratitude is the more particular than joy.
    return next(name for name in _ENGLISH if counts.get(name) == most)
