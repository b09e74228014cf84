package dev.interlock.front.http;

import java.util.List;
import java.util.Optional;

/**
 * Looks in a JSON text, byte by byte, for a member {@code tools} of a member {@code result}: the answer to
 * {@code tools/list}. It also notes whether the text must be read as a whole: it asks its reader for something, is
 * about a task, or says what the server can do. And it notes what the text answers. It keeps nothing of it but the
 * names along the path, and the identifier.
 */
final class ToolsFinder {

    private static final List<String> DECIDED =
            List.of("inputRequests", "requestState", "task", "taskId", "capabilities");

    /** No name of more characters is looked for. */
    private static final int MOST = 16;
    /** No identifier of more characters is kept whole. Clients' own have 128, each of which may be escaped. */
    private static final int MOST_OF_ID = 1_000;
    /** The letter U+017F in UTF-8, a character for each byte. */
    private static final String LONG_S = "\u00c5\u00bf";

    private final StringBuilder text = new StringBuilder();
    private final StringBuilder id = new StringBuilder();
    private int depth;
    /** The depth of the outermost member `result` that is open; 0 if none is. */
    private int result;

    private boolean isList;
    private boolean asks;
    private boolean answers;
    private boolean inId;
    private boolean isUnclear;
    private boolean inText;
    private boolean isEscaped;
    private int digits;
    private int code;
    private String last = "";
    private String name = "";

    /** Returns whether this byte is the colon behind that name, or a zero: some readers would find a name in UTF-16. */
    boolean isFound(byte next) {
        if (next == 0) {
            return true;
        }
        if (inId) {
            inId(next);
        }
        if (inText) {
            inText(next);
            return false;
        }
        switch (next) {
            case '"' -> {
                inText = true;
                text.setLength(0);
            }
            case '{', '[' -> {
                if (depth == 0) {
                    isList = next == '[';
                }
                // A message may be one of a list, in older versions.
                if (result == 0 && depth <= 2 && is("result")) {
                    result = depth + 1;
                }
                depth++;
                name = "";
            }
            case '}', ']' -> {
                if (depth == result) {
                    result = 0;
                }
                depth--;
                name = "";
            }
            case ':' -> {
                name = last;
                asks |= isAsking();
                noteAnswer();
                return result > 0 && depth == result && is("tools");
            }
            case ',' -> name = "";
            default -> {}
        }
        return false;
    }

    /** Returns whether it is in a long text: {@link #isFound} needs only zeros there, and what may end it. */
    boolean isInLongText() {
        return inText && text.length() > MOST && !inId && !isEscaped && digits == 0;
    }

    /** Returns whether the text so far is a request or a notification, or a result about which is decided. */
    boolean asks() {
        return asks;
    }

    private boolean isAsking() {
        return result > 0
                ? depth == result && DECIDED.stream().anyMatch(this::is)
                : depth == (isList ? 2 : 1) && is("method");
    }

    private void noteAnswer() {
        if (result == 0 && depth == (isList ? 2 : 1)) {
            answers |= is("result") || is("error");
            if (is("id")) {
                isUnclear |= isList || !id.isEmpty();
                inId = true;
            }
        }
    }

    private void inId(byte next) {
        inId = inText || depth > 1 || (next != ',' && next != '}');
        if (inId && id.length() <= MOST_OF_ID) {
            id.append((char) (next & 0xff));
        }
    }

    /**
     * Returns the identifier that a whole text answers, as written; empty if none, no identifier if there are several.
     */
    Optional<String> answered() {
        if (!answers || depth != 0 || id.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(isUnclear ? "" : id.toString());
    }

    /** Some readers find names in any case, of which the long s is one. */
    private boolean is(String wanted) {
        return name.replace(LONG_S, "s").equalsIgnoreCase(wanted);
    }

    private void inText(byte next) {
        if (digits > 0) {
            code = code * 16 + Math.max(0, Character.digit(next, 16));
            digits--;
            if (digits == 0) {
                add((char) code);
            }
        } else if (isEscaped) {
            isEscaped = false;
            if (next == 'u') {
                digits = 4;
                code = 0;
            } else {
                add((char) (next & 0xff));
            }
        } else if (next == '\\') {
            isEscaped = true;
        } else if (next == '"') {
            inText = false;
            last = text.toString();
        } else {
            add((char) (next & 0xff));
        }
    }

    private void add(char c) {
        if (text.length() <= MOST) {
            text.append(c);
        }
    }
}
