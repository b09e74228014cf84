package dev.interlock.action;

import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** One action in words: a verb, the part of its resource that it names, and quantities. */
final class ActionPhrase {

    private static final int MAX_NAMES = 3;
    private static final int MAX_NAME = 80;

    /** By impact, the worst first: what an action is called of which the name says no more. */
    private static final List<Map.Entry<String, String>> IMPACTS = List.of(
            Map.entry("unknown", "do something unknown to"),
            Map.entry("credential", "get secrets of"),
            Map.entry("privilege", "change access to"),
            Map.entry("execute", "run code in"),
            Map.entry("write", "change"),
            Map.entry("read", "read"));

    private static final Map<String, String> BESIDES =
            Map.of("execute", ", which runs code", "privilege", ", which changes access");

    /** Words in names of operations that say what is done to the thing that is named. */
    private static final Set<String> VERBS = Set.of(
            "create add post send publish upload invite merge set replace rename move transfer approve close reopen cancel enable disable lock unlock remove delete deploy redeploy restart"
                    .split(" "));

    private static final Map<String, String> SAME = Map.of("upsert", "set", "reply", "post", "trigger", "start");

    /** Those of {@link #VERBS} that need no further thing: they happen to the resource itself. */
    private static final Set<String> OF_RESOURCES = Set.of("deploy", "redeploy", "restart", "rename", "transfer");

    /** Those after which a thing is new. */
    private static final Map<String, String> MAKING = Map.of(
            "create", " in ", "add", " to ", "post", " in ", "send", " by ", "publish", " in ", "upload", " to ",
            "invite", " to ");

    private static final Pattern SEPARATOR = Pattern.compile("[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])");
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_./@:+-]{1,80}");

    private final Json.Members action;
    private final List<String> impacts;
    private final List<String> things;

    /** The words of the operation's name, in order. */
    private final Set<String> words;

    ActionPhrase(Json.Members action) {
        this.action = action;
        this.impacts = action.texts("impacts");
        String operation = action.text("operation");
        this.words = Arrays.stream(SEPARATOR.split(operation.substring(operation.lastIndexOf('/') + 1)))
                .map(word -> word.toLowerCase(Locale.ROOT))
                .filter(word -> !word.isEmpty())
                .collect(Collectors.toCollection(LinkedHashSet::new));
        this.things = Headline.known(action)
                .filter(fact -> fact.text("name").equals(Fact.THING))
                .map(fact -> thing(fact.text("value")))
                .toList();
    }

    /**
     * Returns it, for example {@code delete label "bug" of repo acme/shop}.
     *
     * @param on the resources in words; empty for the provider's account
     * @param isAll whether what it destroys is these resources, as far as anybody knows
     * @param isLost whether it is known that they are lost
     */
    String words(String on, boolean isAll, boolean isLost) {
        Optional<String> verb = verb(on);
        String deed;
        if (impacts.contains("destroy")) {
            deed = destroys(on, isAll, isLost);
        } else if (verb.isPresent() && !impacts.contains("unknown") && !impacts.contains("credential")) {
            deed = verb.get() + " " + object(verb.get(), on)
                    + impacts.stream()
                            .map(impact -> BESIDES.getOrDefault(impact, ""))
                            .collect(Collectors.joining());
        } else {
            deed = impact() + " " + together(on, " of ");
        }
        return deed + counts() + leavesOut();
    }

    private String impact() {
        return IMPACTS.stream()
                .filter(impact -> impacts.contains(impact.getKey()))
                .findFirst()
                .map(Map.Entry::getValue)
                .orElse("change");
    }

    private String destroys(String on, boolean isAll, boolean isLost) {
        boolean deletes = words.stream().anyMatch(word -> word.contains("delete") || word.contains("remove"));
        boolean isPart = Headline.found(action, Fact.DESTROYS).isPresent();
        String verb = deletes ? "delete" : "destroy";
        if (!things.isEmpty() && (isPart || !isLost)) {
            String part = on.isEmpty() ? "destroy contents of" : "destroy part of";
            return (deletes ? verb : part) + " " + together(on, " of ");
        }
        return verb + (isPart ? " part of" : isAll ? "" : " settings of") + " " + (on.isEmpty() ? account() : on);
    }

    /** Returns the verb in the operation's name, if there is something that it is done to. */
    private Optional<String> verb(String on) {
        return words.stream()
                .map(word -> SAME.getOrDefault(word, word))
                .filter(VERBS::contains)
                .filter(word -> !things.isEmpty() || OF_RESOURCES.contains(word) || isDoneTo(word, on))
                .findFirst()
                .map(word -> word.equals("create") && words.contains("or") ? "create or change" : word);
    }

    /**
     * Returns whether the operation is called after {@code verb} and the kind of the resource, as in closing an issue.
     */
    private boolean isDoneTo(String verb, String on) {
        return words.size() > 1
                && words.iterator().next().equals(verb)
                && on.startsWith(words.stream().skip(1).collect(Collectors.joining(" ")) + " ");
    }

    private String object(String verb, String on) {
        String between = MAKING.getOrDefault(verb, " of ");
        return things.isEmpty() ? on.isEmpty() ? account() : on : together(on, between);
    }

    private String together(String on, String between) {
        if (things.isEmpty()) {
            return on.isEmpty() ? account() : on;
        }
        String rest = Stream.concat(things.stream().skip(1), Stream.of(on))
                .filter(part -> !part.isEmpty())
                .collect(Collectors.joining(" of "));
        return things.getFirst() + (rest.isEmpty() ? "" : between + rest);
    }

    private String account() {
        String operation = action.text("operation");
        return "the account of " + operation.substring(0, Math.max(0, operation.indexOf('/')));
    }

    /** Returns for example {@code label "bug"}; {@code said} is the kind, and perhaps an argument's path. */
    private String thing(String said) {
        int end = said.indexOf(Fact.NAMED_BY);
        if (end < 0) {
            return isMaking() ? one(said.replaceFirst("ies$", "y").replaceFirst("(?<=[^s])s$", "")) : said;
        }
        List<String> values = values(Fact.ARGUMENT + said.substring(end + Fact.NAMED_BY.length()));
        if (values.isEmpty()) {
            return one(said.substring(0, end));
        }
        String kind = said.substring(0, end);
        if (kind.equals("ref") && values.size() == 1) {
            String ref = values.getFirst();
            kind = ref.matches("(refs/)?heads/.*") ? "branch" : ref.matches("(refs/)?tags/.*") ? "tag" : kind;
            values = List.of(ref.replaceFirst("^(refs/)?(heads|tags)/", ""));
        }
        String named = values.stream()
                .limit(MAX_NAMES)
                .map(name -> PLAIN.matcher(name).matches()
                        ? name
                        : VisibleText.quoted(
                                VisibleText.shortened(name, MAX_NAME).replace("…", "...")))
                .collect(Collectors.joining(", "));
        return values.size() == 1
                ? kind + " " + named
                : Headline.count(values.size(), kind) + " (" + named + (values.size() > MAX_NAMES ? ", ..." : "") + ")";
    }

    private List<String> values(String name) {
        return action.objects("facts").stream()
                .filter(fact -> fact.text("name").equals(name))
                .flatMap(fact -> names(fact.text("value")).stream())
                .toList();
    }

    private boolean isMaking() {
        return words.stream().anyMatch(MAKING::containsKey);
    }

    private static String one(String kind) {
        return (kind.matches("[aeiou].*") ? "an " : "a ") + kind;
    }

    /** Returns the names in an argument: one, or those of a list. None if the log has only its digest. */
    private static List<String> names(String value) {
        if (!Fact.isWhole(value) || value.startsWith("{")) {
            return List.of();
        }
        return value.startsWith("[") ? list(value) : List.of(value);
    }

    /** Returns the texts of a list as facts have it; none if it is none. */
    static List<String> list(String value) {
        try {
            List<String> names = new ArrayList<>();
            for (Json item : Json.readObject(("{\"names\":" + value + "}").getBytes(StandardCharsets.UTF_8))
                    .items("names")) {
                names.add(item instanceof Json.Text(String text) ? text : item.canonicalText());
            }
            return names;
        } catch (MalformedException _) {
            return List.of();
        }
    }

    /** Returns what is counted: {@code to 24 recipients}. */
    private String counts() {
        return Headline.known(action)
                .filter(fact -> fact.text("name").startsWith(Fact.COUNT)
                        && !fact.text("value").equals("0"))
                .map(fact -> count(fact.text("name").substring(Fact.COUNT.length()), fact.text("value")))
                .collect(Collectors.joining());
    }

    private static String count(String name, String value) {
        String what = name.replace('_', ' ');
        String counted = value.equals(Fact.UNCOUNTED)
                ? "an unknown number of " + what
                : value + " " + (value.equals("1") ? what.replaceFirst("s$", "") : what);
        return (name.equals("recipients") ? " to " : ", ") + counted;
    }

    private String leavesOut() {
        return Headline.found(action, Fact.LEAVES_OUT)
                .map(ActionPhrase::list)
                .filter(names -> !names.isEmpty())
                .map(names -> ", which takes away "
                        + Headline.count(names.size(), "entry").replace("entrys", "entries")
                        + " ("
                        + names.stream()
                                .limit(MAX_NAMES)
                                .map(VisibleText::plain)
                                .collect(Collectors.joining(", "))
                        + (names.size() > MAX_NAMES ? ", ..." : "") + ")")
                .orElse("");
    }
}
