package dev.interlock.catalog;

import dev.interlock.action.Bytes;
import dev.interlock.action.Fact;
import dev.interlock.catalog.graphql.Value;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** What one answer shows of files: their names, and what each holds. */
public final class FileTexts {

    /** What stands in the place of a text that is withheld. */
    public static final String WITHHELD =
            "Interlock withheld what this file holds, because the policy keeps files of its name from this lease."
                    + " Go on without it, or ask a person for a lease that names the environment.";

    /** Members of JSON that name a file. */
    static final Set<String> NAMES =
            Set.of("filename", "previous_filename", "path", "file", "file_path", "filePath", "old_path", "new_path");

    /** Members with what a file holds, or an address that opens it, beside its name or below. */
    static final Set<String> TEXTS = Set.of(
            "patch",
            "diff",
            "diff_hunk",
            "content",
            "contents",
            "fragment",
            "snippet",
            "text",
            "raw_url",
            "download_url");

    /**
     * Maximum files in an answer, and names of them. A page of GitHub has 300, a change some thousand. Each is asked
     * about, and what stands in its place may be longer than what it holds.
     */
    static final int MAX_FILES = 5_000;

    /** Nothing, or the hash of a commit, with which GitHub answers if it is asked for that alone. */
    private static final Pattern HASH = Pattern.compile("\\s*(?:[0-9a-f]{40}|[0-9a-f]{64})?\\s*");

    private final Bytes answer;
    private final AnswerWriter writer;
    private final Set<String> names = new LinkedHashSet<>();
    private int files;

    /** Writes an answer again, without what those files hold of whose names a predicate says so. */
    @FunctionalInterface
    private interface AnswerWriter {
        Bytes write(Predicate<Set<String>> isWithheld);
    }

    private FileTexts(Bytes answer, AnswerWriter writer) {
        this.answer = answer;
        this.writer = writer;
        writer.write(file -> {
            files++;
            names.addAll(file);
            return false;
        });
    }

    /**
     * Reads a whole {@code answer}; empty if it is no JSON and no diff, readers would disagree on it, or it shows too
     * many files.
     */
    public static Optional<FileTexts> ofAnswer(Bytes answer) {
        return writer(answer).map(writer -> new FileTexts(answer, writer)).filter(FileTexts::isFew);
    }

    /** Reads a message of MCP, each of whose texts is an answer by itself; empty if no JSON, or with too many files. */
    public static Optional<FileTexts> ofMessage(Bytes message) {
        return Value.find(message)
                .map(json -> new FileTexts(
                        message,
                        isWithheld -> Bytes.utf8(
                                new JsonScreen(isWithheld).message(json).json())))
                .filter(FileTexts::isFew);
    }

    private boolean isFew() {
        return files <= MAX_FILES && names.size() <= 2 * MAX_FILES;
    }

    private static Optional<AnswerWriter> writer(Bytes answer) {
        Optional<Value> json = Value.find(answer);
        if (json.isPresent()) {
            return Optional.of(isWithheld -> Bytes.utf8(
                    new JsonScreen(isWithheld).shown(json.get(), Set.of()).json()));
        }
        String text = new String(answer.toArray(), StandardCharsets.UTF_8);
        return HASH.matcher(text).matches()
                ? Optional.of(_ -> answer)
                : FileDiff.find(text).map(diff -> isWithheld -> Bytes.utf8(diff.without(isWithheld)));
    }

    /**
     * Returns the names of all files, also those before they were renamed, and {@link Fact#UNNAMED} if one has none.
     */
    public Set<String> names() {
        return Set.copyOf(names);
    }

    /** Returns the answer without what the files of these names hold; the same bytes if it shows none of them. */
    public Bytes without(Set<String> withheld) {
        return names.stream().anyMatch(withheld::contains)
                ? writer.write(file -> file.stream().anyMatch(withheld::contains))
                : answer;
    }

    private record JsonScreen(Predicate<Set<String>> isWithheld) {

        /** @param around the names of the file that the value belongs to */
        Value shown(Value value, Set<String> around) {
            return switch (value) {
                case Value.Items(var items) ->
                    new Value.Items(
                            items.stream().map(item -> shown(item, around)).toList());
                case Value.Members(var members) -> shown(members, around);
                case Value.NullLiteral _, Value.Flag _, Value.Numeric _, Value.Text _, Value.LongText _, Value.Word _ ->
                    value;
            };
        }

        private Value shown(Map<String, Value> members, Set<String> around) {
            Set<String> file = new LinkedHashSet<>(around);
            members.forEach((name, inner) -> {
                // SARIF has the name of a file in an object of its own, beside the one with its text.
                Value named = name.equals("artifactLocation") && inner instanceof Value.Members(var place)
                        ? place.getOrDefault("uri", inner)
                        : NAMES.contains(name) ? inner : new Value.NullLiteral();
                if (named instanceof Value.Text(String text)) {
                    file.add(text);
                }
            });
            boolean isBase64 = new Value.Text("base64").equals(members.get("encoding"));
            Map<String, Value> shown = new LinkedHashMap<>();
            members.forEach((name, inner) -> shown.put(
                    name,
                    TEXTS.contains(name) && inner instanceof Value.Text(String text)
                            ? new Value.Text(held(text, file, isBase64))
                            : shown(inner, file)));
            return new Value.Members(shown);
        }

        private String held(String text, Set<String> file, boolean isBase64) {
            Optional<FileDiff> diff = file.isEmpty() ? FileDiff.find(text) : Optional.empty();
            if (diff.isPresent()) {
                return diff.get().without(isWithheld);
            }
            if (text.isBlank() || !isWithheld.test(file.isEmpty() ? Set.of(Fact.UNNAMED) : file)) {
                return text;
            }
            return isBase64 ? Base64.getEncoder().encodeToString(WITHHELD.getBytes(StandardCharsets.UTF_8)) : WITHHELD;
        }

        /** Screens what a tool answers: texts and files, and perhaps the same as an object. */
        Value message(Value message) {
            if (!(message instanceof Value.Members(var members))
                    || !(members.get("result") instanceof Value.Members(var result))) {
                return message;
            }
            boolean isError = new Value.Flag(true).equals(result.get("isError"));
            Map<String, Value> shown = new LinkedHashMap<>();
            result.forEach((name, value) -> shown.put(
                    name,
                    name.equals("content") && value instanceof Value.Items(var items)
                            ? new Value.Items(items.stream()
                                    .map(item -> content(item, isError))
                                    .toList())
                            : shown(value, Set.of())));
            Map<String, Value> whole = new LinkedHashMap<>(members);
            whole.put("result", new Value.Members(shown));
            return new Value.Members(whole);
        }

        private Value content(Value item, boolean isError) {
            if (!(item instanceof Value.Members(var members))) {
                return item;
            }
            Map<String, Value> shown = new LinkedHashMap<>();
            members.forEach((name, value) -> shown.put(
                    name,
                    switch (value) {
                        case Value.Text(String text) when name.equals("text") -> new Value.Text(answer(text, isError));
                        case Value.Text(String bytes)
                        when name.equals("blob") || name.equals("data") -> new Value.Text(held(bytes, Set.of(), true));
                        case Value.Members _ when name.equals("resource") -> content(value, isError);
                        default -> value;
                    }));
            return new Value.Members(shown);
        }

        /** What a tool says of its failure is no file, if it has no form of one. */
        private String answer(String text, boolean isError) {
            Bytes answer = Bytes.utf8(text);
            Optional<AnswerWriter> known = writer(answer);
            if (known.isEmpty()) {
                return isError ? text : held(text, Set.of(), false);
            }
            // Written again only if something is withheld: a client may compare it with what it has.
            Predicate<Set<String>> asked = isWithheld;
            boolean[] isChanged = {false};
            Bytes written = known.get().write(file -> {
                boolean isOut = asked.test(file);
                isChanged[0] |= isOut;
                return isOut;
            });
            return isChanged[0] ? new String(written.toArray(), StandardCharsets.UTF_8) : text;
        }
    }
}
