package dev.interlock.catalog;

import dev.interlock.action.VisibleText;
import dev.interlock.catalog.ProviderSchema.InputField;
import dev.interlock.catalog.graphql.UnreadableException;
import dev.interlock.catalog.graphql.Value;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The members of a request that its catalog does not know, where a type says that there may be further ones. An API
 * that only answers, such as a model's, gets new ones every week. They pass, unless the provider could act by them: on
 * a tool, a server, a file or other data that is named, or at an address.
 *
 * @param shapes the types of the catalog
 */
record UnknownMembers(ProviderSchema shapes) {

    /** Marks a type with further members, which are judged by what they are. */
    static final String FURTHER = "...";

    /** Marks a type whose further members always count as acting, because each is a kind of tool. */
    static final String ACTING = "...!";

    private static final Pattern WORD = Pattern.compile("[^A-Za-z]+|(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])");

    /** What a provider acts on or with, each as the beginning of a word. */
    private static final Set<String> NOUNS = Set.of(
            "account",
            "agent",
            "api",
            "attach",
            "auth",
            "background",
            "batch",
            "browser",
            "bucket",
            "callback",
            "code",
            "command",
            "computer",
            "connect",
            "container",
            "conversation",
            "corpus",
            "credential",
            "database",
            "dataset",
            "deploy",
            "domain",
            "email",
            "endpoint",
            "environment",
            "exec",
            "export",
            "fetch",
            "file",
            "folder",
            "ground",
            "header",
            "host",
            "hook",
            "http",
            "import",
            "integration",
            "interpreter",
            "invoke",
            "job",
            "key",
            "link",
            "mail",
            "mcp",
            "notif",
            "org",
            "password",
            "path",
            "persist",
            "plugin",
            "previous",
            "proxy",
            "public",
            "publish",
            "recipient",
            "remote",
            "repo",
            "retriev",
            "run",
            "sandbox",
            "schedule",
            "script",
            "search",
            "secret",
            "server",
            "session",
            "shar",
            "shell",
            "skill",
            "storage",
            "store",
            "subscri",
            "tenant",
            "terminal",
            "thread",
            "tool",
            "upload",
            "uri",
            "url",
            "user",
            "vault",
            "vector",
            "visibility",
            "web",
            "workspace");

    /** An address or the name of a host, anywhere in a text. The ends of versions, as in {@code 4.5}, are no names. */
    private static final Pattern ADDRESS = Pattern.compile(
            "[A-Za-z][A-Za-z0-9+.-]{0,20}:/|//|\\\\\\\\|\\[[0-9a-fA-F:.]{2,}]|@[A-Za-z0-9-]|(?:[0-9]{1,3}\\.){3}[0-9]"
                    + "|[\\p{L}\\p{N}_-]\\.(?:[\\p{L}_-][\\p{L}\\p{N}_-]*|xn--)");

    /** The identifier of something that is stored: a long word with a digit, and no date at its end. */
    private static final Pattern STORED = Pattern.compile("(?=.*[0-9])(?!.*(?:19|20)[0-9]{2}-?[01][0-9]-?[0-3][0-9])"
            + "(?:[A-Za-z]+[_-])?[A-Za-z0-9]{12,}|[0-9a-fA-F]{8}-[0-9a-fA-F-]{12,}");

    static boolean isMark(String name) {
        return name.equals(FURTHER) || name.equals(ACTING);
    }

    /** Returns whether a type with the members {@code known} takes further ones. */
    static boolean areTaken(Map<String, InputField> known) {
        return known.containsKey(FURTHER) || known.containsKey(ACTING);
    }

    /** Refuses a member that the provider may take for a known one: protobuf reads two spellings, Go any case. */
    static void requireNotAlike(String name, Map<String, InputField> known) {
        known.keySet().stream()
                .filter(each -> MemberSpelling.areAlike(each, name))
                .findFirst()
                .ifPresent(each -> {
                    throw new UnreadableException(CatalogRefusals.SPELLING, VisibleText.shown(name), each);
                });
    }

    /** Returns whether arguments of the shape {@code known} may hold unknown members, at any depth. */
    boolean mayBeIn(Map<String, InputField> known) {
        return mayBeIn(known, new HashSet<>());
    }

    private boolean mayBeIn(Map<String, InputField> known, Set<String> seen) {
        return areTaken(known)
                || known.values().stream()
                        .flatMap(input -> input.type().stream())
                        .anyMatch(type -> seen.add(type) && mayBeIn(shapes.input(type), seen));
    }

    /**
     * Returns the condition that arguments of the shape {@code known} hold an unknown member by which somebody acts.
     */
    ArgumentCondition condition(Map<String, InputField> known) {
        return new ArgumentCondition(
                List.of(), List.of(), arguments -> couldAct(new Value.Members(arguments), known, known.keySet()));
    }

    /** @param parameters those of the address: a member of such a name may stand for it */
    private boolean couldAct(Value value, Map<String, InputField> known, Set<String> parameters) {
        return switch (value) {
            case Value.Items(var items) -> items.stream().anyMatch(item -> couldAct(item, known, parameters));
            case Value.Members(var members) ->
                members.entrySet().stream().anyMatch(member -> {
                    InputField input = known.get(member.getKey());
                    return input == null
                            ? known.containsKey(ACTING)
                                    || parameters.contains(member.getKey())
                                    || isActing(member.getKey(), member.getValue())
                            : input.type().isPresent()
                                    && couldAct(
                                            member.getValue(),
                                            shapes.input(input.type().get()),
                                            parameters);
                });
            case Value.NullLiteral _, Value.Flag _, Value.Numeric _, Value.Text _, Value.LongText _, Value.Word _ ->
                false;
        };
    }

    /** Returns whether an unknown member could act. A number says how much, and a null or `false` that nothing is. */
    private static boolean isActing(String name, Value value) {
        return switch (value) {
            case Value.NullLiteral _, Value.Numeric _ -> false;
            case Value.Flag(boolean isSet) -> isSet && namesActing(name);
            case Value.Text(String text) -> namesActing(name) || isReference(text);
            case Value.LongText _ -> true; // an address may stand in it
            case Value.Word(String word) -> namesActing(name) || isReference(word);
            case Value.Items(var items) -> namesActing(name) || items.stream().anyMatch(item -> isActing("", item));
            case Value.Members(var members) ->
                namesActing(name)
                        || members.entrySet().stream().anyMatch(member -> isActing(member.getKey(), member.getValue()));
        };
    }

    private static boolean namesActing(String name) {
        return WORD.splitAsStream(name)
                .map(word -> word.toLowerCase(Locale.ROOT))
                .anyMatch(word -> NOUNS.stream().anyMatch(word::startsWith));
    }

    private static boolean isReference(String text) {
        return ADDRESS.matcher(text).find() || STORED.matcher(text.strip()).matches();
    }
}
