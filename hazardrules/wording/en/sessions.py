"""Wording: sessions."""

PHRASES: dict[str, str] = {
    "session.backwards": "{at} lies before {now}, to which this session has come; tell things in the order of time, or open another store",
    "session.bad_key": "`{key}` is no key of a part: give a text of 1 to {most} characters without `/`",
    "session.bad_part": "`{given}` is no path of a part: give a text such as `hazards/h-1`",
    "session.bad_moment": "`{given}` is no day or moment of a session: give a `date`, or a `datetime` without time zone and in whole seconds",
    "session.bad_name": "`{given}` is no name of a subject: give a text of 1 to 200 characters",
    "session.digest": "this session was kept under another rulebook ({found}…, now {wanted}…); open it with `adopt=True` to judge every subject again",
    "session.format": "this store is of format {found}, and this version of the library reads format {wanted}",
    "session.key_taken": "`{list}` already holds a part `{key}`; give another key",
    "session.list_unknown": '`{event}` adds to `{list}`, of which nothing is known yet: first state what it holds, `{{"{list}": []}}` where it is empty',
    "session.needs_time": "`{event}` sets `{fact}` to a moment: give a `datetime`, not a `date`",
    "session.not_known": "`{name}` is not known and cannot be retracted",
    "session.no_store": "give the name of a file, or the URL of a database",
    "session.not_there_yet": "the session has come to {now}, not to {at}; let time go on with `advance`",
    "session.nothing_named": "name the facts to be retracted; a subject as a whole goes with `remove`",
    "session.other_kind": "this subject is a `{known}`, not a `{given}`; choose another name",
    "session.other_target": "`{event}` happens to a `{on}`, not to a `{given}`; name the part it happened to with `part=`, here: {parts}",
    "session.place": "this session is of the place {found}, not {wanted}",
    "session.store": "the store {store} cannot be used: {reason}",
}
