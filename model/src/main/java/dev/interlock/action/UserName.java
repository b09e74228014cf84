package dev.interlock.action;

import java.util.regex.Pattern;

/** The syntax of names of the machine's users in a seal. */
public final class UserName {

    /** Names as systems and directories write them, or a user's number if it has no name. */
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.@\\\\-]{0,254}[$]?");

    private UserName() {}

    /** Returns whether a seal accepts {@code name}. */
    public static boolean is(String name) {
        return NAME.matcher(name).matches();
    }

    /** Returns the names in YAML, in single quotes: a backslash would begin an escape in double quotes. */
    public static String yaml(Iterable<String> names) {
        return "['" + String.join("', '", names) + "']";
    }
}
