"""The two languages: every text of a dashboard is a pair, so that neither can be forgotten."""


class Words:
    """Picks one language out of pairs (English, Chinese)."""

    def __init__(self, language):
        at = LANGUAGES.index(language)
        self._at, self.language = at, language
        self.suffix, self.other_suffix = ("", "-zh") if at == 0 else ("-zh", "")
        self.other_language = ("中文", "English")[at]

    def __call__(self, pair):
        english, chinese = pair
        if not english.strip() or not chinese.strip():
            raise ValueError(f"a text lacks a language: {pair!r}")
        return pair[self._at]


LANGUAGES = ("en", "zh-CN")
