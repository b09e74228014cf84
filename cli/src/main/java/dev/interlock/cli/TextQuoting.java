package dev.interlock.cli;

/** Quotes text for systemd or YAML. Text that needs no quoting stays as it is. */
final class TextQuoting {

    private static final String PLAIN = "[A-Za-z0-9_./@+-][A-Za-z0-9_./:@+=-]*";

    private TextQuoting() {}

    /** Returns one word of a systemd unit's command. */
    static String unit(Object text) {
        String word = text.toString().replace("%", "%%").replace("$", "$$");
        return word.matches(PLAIN) ? word : "\"" + word.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
    }

    static String yaml(Object text) {
        String scalar = text.toString();
        boolean plain = scalar.matches("[A-Za-z0-9/][A-Za-z0-9_./:-]*") && !scalar.endsWith(":");
        return plain ? scalar : "\"" + scalar.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
    }
}
