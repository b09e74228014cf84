package dev.interlock.confirm;

import dev.interlock.action.Bytes;
import dev.interlock.action.Call;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.VisibleText;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Keyword;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The body of an outgoing request as people see it, read as JSON, and its {@code query} as GraphQL if the path says so.
 * Texts that the statement does not show are masked, because they may be secrets. People sign the digest of the body,
 * not this view.
 */
final class MaskedBody {

    enum Kind implements Keyword {
        /** Brackets and separators. */
        PLAIN,
        NAME,
        TEXT,
        NUMBER,
        /** A placeholder for a hidden text. */
        MASKED;
    }

    record BodySpan(Kind kind, String text) {}

    /** The maximum length. People do not read longer bodies. */
    static final int MAX_BODY = 16 * 1024;

    private static final int MAX_DEPTH = 32;
    private static final String DOCUMENT = "query";

    private static final Pattern BEGINS = Pattern.compile("\\s*(query|mutation|\\{)[\\s\\S]*\\}\\s*");
    private static final String MASK = "masked";

    /** RFC 8259 §3 and §6. */
    private static final Pattern LITERAL =
            Pattern.compile("true|false|null|-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?");

    /** A number with more digits than any count or time has may be a secret. */
    private static final Pattern SHORT = Pattern.compile("[a-z]+|-?[0-9]{1,12}(\\.[0-9]{1,6})?");

    /** GraphQL, October 2021, §2.9.4. Possessive: backtracking would use a stack frame for each character. */
    private static final Pattern DOCUMENT_TEXT =
            Pattern.compile("\"\"\"(?s:.*?)\"\"\"|\"(?:[^\"\\\\\\n]++|\\\\.)*+\"|#[^\\n]*|[0-9]{13,}");

    private final String body;
    private final Set<String> known;
    private final boolean holdsDocument;
    private final List<BodySpan> spans = new ArrayList<>();
    private int at;

    private MaskedBody(String body, Set<String> known, boolean holdsDocument) {
        this.body = body;
        this.known = known;
        this.holdsDocument = holdsDocument;
    }

    static Optional<Json.Array> of(ResolvedAttempt sensed) {
        Call call = sensed.outgoing();
        if (call.body().length() == 0 || call.body().length() > MAX_BODY) {
            return Optional.empty();
        }
        try {
            MaskedBody masked = new MaskedBody(text(call.body()), known(sensed), call.holdsQuery());
            masked.value(0, "");
            masked.blank();
            return masked.at == masked.body.length() ? Optional.of(masked.json()) : Optional.empty();
        } catch (CharacterCodingException | UnshownBodyException _) {
            return Optional.empty();
        }
    }

    private static Set<String> known(ResolvedAttempt sensed) {
        Set<String> known = new HashSet<>(sensed.environments());
        sensed.placements().keySet().forEach(resource -> {
            known.add(resource.id());
            known.add(resource.toString());
        });
        sensed.actions().forEach(action -> {
            known.add(action.operation().name());
            action.facts().forEach(fact -> known.add(fact.value()));
        });
        return known;
    }

    private static String text(Bytes body) throws CharacterCodingException {
        return StandardCharsets.UTF_8
                .newDecoder()
                .decode(ByteBuffer.wrap(body.toArray()))
                .toString();
    }

    private Json.Array json() {
        return new Json.Array(spans.stream()
                .<Json>map(
                        span -> Json.object().with("kind", span.kind().word()).with("text", span.text()))
                .toList());
    }

    /** Thrown if the body is not JSON, or nested too deeply. */
    private static final class UnshownBodyException extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    private void value(int depth, String name) {
        blank();
        if (depth > MAX_DEPTH) {
            throw new UnshownBodyException();
        }
        switch (peek()) {
            case '{' -> members(depth);
            case '[' -> items(depth, name);
            case '"' -> shown(string(), name.equals(DOCUMENT) && depth == 1);
            // Masked, because a list of numbers may be the bytes of a key, and a body that is one number may be a code.
            default -> literal(depth > 0 && !name.endsWith("[]"));
        }
    }

    private void members(int depth) {
        each(depth, '{', '}', () -> {
            String name = string();
            add(Kind.NAME, name);
            take(':');
            add(Kind.PLAIN, ": ");
            value(depth + 1, name);
        });
    }

    private void items(int depth, String name) {
        each(depth, '[', ']', () -> value(depth + 1, name + "[]"));
    }

    private void each(int depth, char open, char close, Runnable one) {
        take(open);
        blank();
        if (peek() == close) {
            at++;
            add(Kind.PLAIN, "" + open + close);
            return;
        }
        add(Kind.PLAIN, open + line(depth + 1));
        one.run();
        blank();
        while (peek() == ',') {
            at++;
            add(Kind.PLAIN, "," + line(depth + 1));
            blank();
            one.run();
            blank();
        }
        take(close);
        add(Kind.PLAIN, line(depth) + close);
    }

    private static String line(int depth) {
        return "\n  ".repeat(depth);
    }

    private void literal(boolean isOne) {
        int start = at;
        while (at < body.length() && ",]} \t\r\n".indexOf(body.charAt(at)) < 0) {
            at++;
        }
        String text = body.substring(start, at);
        if (!LITERAL.matcher(text).matches()) {
            throw new UnshownBodyException();
        }
        boolean isShort = SHORT.matcher(text).matches() && (isOne || Character.isLetter(text.charAt(0)));
        add(isShort ? Kind.NUMBER : Kind.MASKED, isShort ? text : MASK);
    }

    private void shown(String text, boolean isDocument) {
        if (isDocument && holdsDocument && BEGINS.matcher(text).matches()) {
            document(text);
        } else {
            text(text);
        }
    }

    private void text(String text) {
        boolean isKnown = known.contains(text);
        add(isKnown ? Kind.TEXT : Kind.MASKED, isKnown ? text : MASK);
    }

    private void document(String document) {
        Matcher texts = DOCUMENT_TEXT.matcher(document);
        int from = 0;
        while (texts.find()) {
            lines(document.substring(from, texts.start()));
            from = texts.end();
            String found = texts.group();
            boolean isPlain = found.startsWith("\"") && !found.startsWith("\"\"\"") && found.indexOf('\\') < 0;
            text(isPlain ? found.substring(1, found.length() - 1) : "");
        }
        lines(document.substring(from));
    }

    private void lines(String text) {
        if (text.indexOf('"') >= 0) {
            throw new UnshownBodyException(); // an unterminated text has no known beginning
        }
        for (String line : text.split("(?<=\n)|(?=\n)", -1)) {
            if (line.equals("\n")) {
                add(Kind.PLAIN, line);
            } else if (!line.isEmpty()) {
                add(Kind.NAME, line);
            }
        }
    }

    private void add(Kind kind, String text) {
        spans.add(new BodySpan(kind, kind == Kind.PLAIN ? text : VisibleText.unambiguous(text)));
    }

    private String string() {
        blank();
        take('"');
        StringBuilder text = new StringBuilder();
        while (peek() != '"') {
            char next = body.charAt(at++);
            text.append(next == '\\' ? escaped() : next);
        }
        at++;
        return text.toString();
    }

    /** RFC 8259 §7. */
    private char escaped() {
        char named = peek();
        at++;
        return switch (named) {
            case '"', '\\', '/' -> named;
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'u' -> code();
            default -> throw new UnshownBodyException();
        };
    }

    private char code() {
        if (at + 4 > body.length() || !body.substring(at, at + 4).matches("[0-9a-fA-F]{4}")) {
            throw new UnshownBodyException();
        }
        at += 4;
        return (char) Integer.parseInt(body.substring(at - 4, at), 16);
    }

    private void take(char expected) {
        blank();
        if (peek() != expected) {
            throw new UnshownBodyException();
        }
        at++;
    }

    private char peek() {
        if (at >= body.length()) {
            throw new UnshownBodyException();
        }
        return body.charAt(at);
    }

    private void blank() {
        while (at < body.length() && " \t\r\n".indexOf(body.charAt(at)) >= 0) {
            at++;
        }
    }
}
