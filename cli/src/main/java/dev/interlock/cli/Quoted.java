package dev.interlock.cli;

/** Text that is read again by something else: a shell, systemd, YAML. What needs no quoting is left as it is. */
final class Quoted {

    private static final String PLAIN = "[A-Za-z0-9_./@+-][A-Za-z0-9_./:@+=-]*";

    private Quoted() {}

    /** One word for a shell. */
    static String shell(Object text) {
        String word = text.toString();
        return word.matches(PLAIN) ? word : "'" + word.replace("'", "'\\''") + "'";
    }

    /** One word of a systemd unit's command. */
    static String unit(Object text) {
        String word = text.toString().replace("%", "%%").replace("$", "$$");
        return word.matches(PLAIN) ? word : "\"" + word.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
    }

    /** One scalar of YAML. */
    static String yaml(Object text) {
        String scalar = text.toString();
        boolean plain = scalar.matches("[A-Za-z0-9/][A-Za-z0-9_./:-]*") && !scalar.endsWith(":");
        return plain ? scalar : "\"" + scalar.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
    }
}
