package dev.interlock.catalog;

import dev.interlock.action.SealedBots;
import dev.interlock.catalog.CommandScanner.ScannedText;
import dev.interlock.catalog.graphql.Value;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The texts of a call that machines may read: each string in its arguments, at any depth and under any name, unless the
 * catalog says what else it is.
 *
 * @param others the ends of the paths at which something else stands
 * @param written the ends of the paths of texts that people write; elsewhere a single word is none
 * @param skipped the arguments that are no texts, such as the parameters of a path
 */
record TextWalk(List<List<String>> others, List<List<String>> written, Set<String> skipped) {

    /** What else editors mention. */
    private static final Set<String> NO_ACCOUNTS = Set.of(
            "page",
            "database",
            "data_source",
            "date",
            "link_preview",
            "link_mention",
            "custom_emoji",
            "template_mention",
            "issue",
            "project",
            "document",
            "channel");

    /**
     * Returns whether a text has the form of a command or names an account of {@code known}, or {@code bots} say so.
     */
    boolean commands(Map<String, Value> arguments, WordList known, SealedBots bots) {
        List<Boolean> found = new ArrayList<>();
        each(arguments, (read, isWritten) -> {
            if (found.isEmpty()
                    && (!(read instanceof Value.Text(String text)) || commands(text, isWritten, known, bots))) {
                found.add(true); // nobody has read a long text
            }
        });
        return !found.isEmpty();
    }

    private static boolean commands(String text, boolean isWritten, WordList known, SealedBots bots) {
        ScannedText scanned = isWritten ? CommandScanner.scan(text) : CommandScanner.scanValue(text);
        return scanned.isCommand()
                || scanned.names(name -> bots.accounts().contains(name) || known.match(name), bots.people()::contains)
                || CommandScanner.hasLine(text, isWritten, bots);
    }

    /**
     * Returns the accounts that texts mention, in lower case, without those that {@code bots} call people. Of a long
     * text the commands have spoken already.
     */
    Set<String> mentions(Map<String, Value> arguments, SealedBots bots) {
        Set<String> names = new LinkedHashSet<>();
        each(arguments, (read, _) -> {
            if (read instanceof Value.Text(String text)
                    && text.chars().anyMatch(c -> c == '@' || c == '&' || c >= 0x80)) { // in one spelling or another
                names.addAll(CommandScanner.scan(text).mentioned());
            }
        });
        names.removeAll(bots.people());
        return names;
    }

    private void each(Map<String, Value> arguments, BiConsumer<Value, Boolean> reader) {
        arguments.forEach((name, value) -> {
            if (!skipped.contains(name)) {
                member(name, value, new ArrayList<>(), reader);
            }
        });
    }

    private void member(String name, Value value, List<String> path, BiConsumer<Value, Boolean> reader) {
        path.addLast(name);
        if (others.stream().noneMatch(end -> isEnd(end, path))) {
            walk(value, path, reader);
        }
        path.removeLast();
    }

    private void walk(Value value, List<String> path, BiConsumer<Value, Boolean> reader) {
        switch (value) {
            case Value.Text _, Value.LongText _ ->
                reader.accept(value, written.stream().anyMatch(end -> isEnd(end, path)));
            case Value.Items(var items) -> items.forEach(item -> walk(item, path, reader));
            case Value.Members(var members) -> {
                account(members).ifPresent(id -> reader.accept(new Value.Text(CommandScanner.MENTION + id), true));
                members.forEach((name, member) -> {
                    reader.accept(new Value.Text(name), false);
                    member(name, member, path, reader);
                });
            }
            case Value.NullLiteral _, Value.Flag _, Value.Numeric _, Value.Word _ -> {}
        }
    }

    /** Returns the identifier of the account that an object mentions, as editors write mentions in rich text. */
    private static Optional<String> account(Map<String, Value> object) {
        String type = text(object.get("type")).toLowerCase(Locale.ROOT);
        if (type.equals("user") && object.containsKey("user_id")) {
            return Optional.of(id(object.get("user_id")));
        }
        if (object.get("mention") instanceof Value.Members(var mention)) {
            return Optional.of(id(mention.get("user")))
                    .filter(_ -> mention.containsKey("user")
                            || mention.keySet().stream().noneMatch(NO_ACCOUNTS::contains));
        }
        boolean isMention = type.contains("mention") && NO_ACCOUNTS.stream().noneMatch(type::contains);
        return isMention && object.get("attrs") instanceof Value.Members(var attributes)
                ? Optional.of(id(attributes.get("id")))
                : Optional.empty();
    }

    private static String id(@Nullable Value value) {
        String id = value instanceof Value.Members(var members) ? text(members.get("id")) : text(value);
        return id.isBlank() ? "unknown" : id;
    }

    private static String text(@Nullable Value value) {
        return value instanceof Value.Text(String text) ? text : "";
    }

    private static boolean isEnd(List<String> end, List<String> path) {
        int from = path.size() - end.size();
        for (int step = 0; from >= 0 && step < end.size(); step++) {
            if (!end.get(step).equals(path.get(from + step)) && !end.get(step).equals(ArgumentPath.ANY)) {
                return false;
            }
        }
        return from >= 0;
    }
}
