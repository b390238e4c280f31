"""Wording: sessions."""

PHRASES: dict[str, str] = {
    "session.backwards": "{at} 早于本会话已到的 {now}；请按时间先后登记，或另开一个存储",
    "session.bad_key": "`{key}` 不能作部分的键：请给 1 至 {most} 个字符、不含 `/` 的文字",
    "session.bad_part": "`{given}` 不是部分的路径：请给文字，如 `hazards/h-1`",
    "session.bad_moment": "`{given}` 不是可用的日期或时刻：请给 `date`，或不带时区、精确到整秒的 `datetime`",
    "session.bad_name": "`{given}` 不能作对象名称：请给 1 至 200 个字符的文字",
    "session.digest": "本会话是按另一规则库记录的（{found}…，现为 {wanted}…）；用 `adopt=True` 打开即重新判定全部对象",
    "session.format": "该存储的格式为 {found}，本版本读取格式 {wanted}",
    "session.key_taken": "`{list}` 中已有 `{key}`；请换一个键",
    "session.list_unknown": '`{event}` 要在 `{list}` 中添加，但尚不知其内容：请先说明，空则写 `{{"{list}": []}}`',
    "session.needs_time": "`{event}` 要把 `{fact}` 记为时刻：请给 `datetime`，不是 `date`",
    "session.not_known": "`{name}` 本来未知，无从撤回",
    "session.no_store": "请给出文件名或数据库 URL",
    "session.not_there_yet": "会话到 {now} 为止，还未到 {at}；请用 `advance` 推进时间",
    "session.nothing_named": "请指明要撤回的事实；撤销整个对象用 `remove`",
    "session.other_kind": "该对象是 `{known}`，不是 `{given}`；请换一个名称",
    "session.other_target": "`{event}` 发生在 `{on}` 上，不是 `{given}`；请用 `part=` 指明所涉部分，此处有：{parts}",
    "session.place": "本会话的辖区是 {found}，不是 {wanted}",
    "session.store": "存储 {store} 无法使用：{reason}",
}
