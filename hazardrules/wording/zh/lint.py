"""Wording: the linter, in Chinese."""

PHRASES: dict[str, str] = {
    "lint.done": "{findings} 处有疑，其中 {fixable} 处可用 --fix 改正；已改正 {fixed} 处；依 lint.yaml 保留 {left} 处",
    "lint.has_errors": "规则库有 {errors} 个错误，先用 hazardrules check 改正，再检查写法",
    "lint.refused": "{file}：改正会改变规则的意思，文件保持原样",
    "HR509.summary": "中文文字中的半角标点",
    "HR509": "“{mark}”在中文中应为“{better}”",
    "HR520.summary": "以“非”加比较表示相反的比较",
    "HR520": "“{words}”可直接写成“{better}”",
    "HR523.summary": "只有一个值的集合",
    "HR523": "集合只有一个值，可写成“{better}”",
    "HR590.summary": "lint.yaml 中没有的代码",
    "HR590": "lint 没有代码“{name}”",
    "HR591.summary": "lint.yaml 中没有用处的例外",
    "HR591": "例外“{name}”没有对应的发现",
    "HR610.summary": "没有规则使用的措施",
    "HR610": "没有规则要求措施“{name}”",
    "HR634.summary": "没有说明为何未经核对的规则",
    "HR634": "“{name}”未经核对，但没有说明原因（why_unverified）",
}
