package dev.interlock.servers;

import dev.interlock.evidence.MalformedException;
import java.util.ArrayList;
import java.util.List;

/**
 * A header of a table, or a key with its value, in a text that is TOML.
 *
 * @param path the names that lead to it, from the root
 * @param end where it ends, behind its line
 * @param texts the strings in its value, in their order
 */
record TomlItem(List<String> path, int begin, int end, boolean hasValue, List<String> texts) {

    TomlItem {
        path = List.copyOf(path);
        texts = List.copyOf(texts);
    }

    /**
     * Does not check numbers and dates, nor whether a name is there twice.
     *
     * @throws MalformedException if it is not TOML
     */
    static List<TomlItem> all(String text) {
        return new Scanner(text).items();
    }

    private static final class Scanner {

        private final String text;
        private int at;

        Scanner(String text) {
            this.text = text;
        }

        List<TomlItem> items() {
            List<TomlItem> items = new ArrayList<>();
            List<String> table = List.of();
            for (skipBlank(); at < text.length(); skipBlank()) {
                TomlItem item = peek() == '[' ? header() : member(table);
                if (!item.hasValue()) {
                    table = item.path();
                }
                items.add(item);
            }
            return items;
        }

        private TomlItem header() {
            int begin = at;
            String closing = text.startsWith("[[", at) ? "]]" : "]";
            at += closing.length();
            List<String> path = key();
            require(text.startsWith(closing, at));
            at += closing.length();
            endLine();
            return new TomlItem(path, begin, at, false, List.of());
        }

        private TomlItem member(List<String> table) {
            int begin = at;
            List<String> path = new ArrayList<>(table);
            path.addAll(key());
            require(peek() == '=');
            at++;
            List<String> texts = new ArrayList<>();
            int depth = 0;
            while (at < text.length() && (depth > 0 || peek() != '\n')) {
                switch (peek()) {
                    case '"', '\'' -> texts.add(string());
                    case '#' -> skipComment();
                    case '[', '{' -> {
                        depth++;
                        at++;
                    }
                    case ']', '}' -> {
                        depth--;
                        require(depth >= 0);
                        at++;
                    }
                    default -> at++;
                }
            }
            require(depth == 0);
            endLine();
            return new TomlItem(path, begin, at, true, texts);
        }

        private List<String> key() {
            List<String> names = new ArrayList<>();
            do {
                if (!names.isEmpty()) {
                    at++;
                }
                skipSpace();
                names.add(peek() == '"' || peek() == '\'' ? string() : bare());
                skipSpace();
            } while (peek() == '.');
            return names;
        }

        private String bare() {
            int begin = at;
            while (isBare(peek())) {
                at++;
            }
            require(at > begin);
            return text.substring(begin, at);
        }

        private static boolean isBare(char one) {
            return (one >= 'A' && one <= 'Z')
                    || (one >= 'a' && one <= 'z')
                    || (one >= '0' && one <= '9')
                    || one == '_'
                    || one == '-';
        }

        private String string() {
            String quote = text.substring(at, at + 1);
            boolean isLong = text.startsWith(quote.repeat(3), at);
            String closing = isLong ? quote.repeat(3) : quote;
            at += closing.length();
            StringBuilder value = new StringBuilder();
            while (!text.startsWith(closing, at)) {
                require(at < text.length() && (isLong || peek() != '\n'));
                value.append(quote.equals("\"") && peek() == '\\' ? escaped() : text.charAt(at++));
            }
            at += closing.length();
            // Two more quotes may stand before the closing three.
            for (int more = 0; isLong && more < 2 && text.startsWith(quote, at); more++) {
                value.append(quote);
                at++;
            }
            return value.toString();
        }

        private String escaped() {
            at++;
            char kind = peek();
            at++;
            return switch (kind) {
                case 'u' -> codePoint(4);
                case 'U' -> codePoint(8);
                case 'n' -> "\n";
                case 't' -> "\t";
                case '"', '\\' -> String.valueOf(kind);
                default -> " "; // one that is in no name, address or command
            };
        }

        private String codePoint(int digits) {
            require(at + digits <= text.length());
            String hexadecimal = text.substring(at, at + digits);
            require(hexadecimal.matches("[0-9A-Fa-f]+"));
            at += digits;
            long point = Long.parseLong(hexadecimal, 16);
            require(point <= Character.MAX_CODE_POINT);
            return Character.toString((int) point);
        }

        /** Returns the next character; NUL, which TOML has nowhere, at the end. */
        private char peek() {
            return at < text.length() ? text.charAt(at) : 0;
        }

        private void skipSpace() {
            while (peek() == ' ' || peek() == '\t') {
                at++;
            }
        }

        private void skipComment() {
            while (at < text.length() && peek() != '\n') {
                at++;
            }
        }

        private void skipBlank() {
            while (peek() == ' ' || peek() == '\t' || peek() == '\r' || peek() == '\n' || peek() == '#') {
                if (peek() == '#') {
                    skipComment();
                } else {
                    at++;
                }
            }
        }

        private void endLine() {
            skipSpace();
            if (peek() == '#') {
                skipComment();
            }
            if (peek() == '\r') {
                at++;
            }
            require(at == text.length() || peek() == '\n');
            at = Math.min(at + 1, text.length());
        }

        private static void require(boolean isToml) {
            if (!isToml) {
                throw new MalformedException("it is not TOML");
            }
        }
    }
}
