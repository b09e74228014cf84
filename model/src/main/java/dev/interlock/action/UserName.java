package dev.interlock.action;

import java.util.regex.Pattern;

/** How users of the machine are called, where a seal names them. */
public final class UserName {

    /** As systems and directories write it, or the number of one that has none. */
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.@\\\\-]{0,254}[$]?");

    private UserName() {}

    /** Whether a seal takes {@code name}. */
    public static boolean is(String name) {
        return NAME.matcher(name).matches();
    }

    /** In YAML; without escapes, which a backslash would begin in double quotes. */
    public static String yaml(Iterable<String> names) {
        return "['" + String.join("', '", names) + "']";
    }
}
