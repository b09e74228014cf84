package dev.interlock.setup;

import dev.interlock.setup.ToolArgument.Kind;
import dev.interlock.setup.ToolJudgement.Effect;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What the arguments of a stranger's tool say of it: what it could be told to do. */
final class ArgumentJudgement {

    private static final Set<String> CODE = Set.of(
            "sql cypher sparql graphql script scripts javascript js typescript python shell bash command commands cmd statement statements mutation program stdin wasm gremlin"
                    .split(" "));

    private static final Set<String> ASKING = Set.of("query", "queries", "q", "statement", "text", "prompt", "input");

    private static final Pattern LANGUAGE = Pattern.compile(
            "\\b(?:(?:T-|PL/|My)?SQL(?:ite)?|Cypher|SPARQL|GraphQL|Gremlin|AQL|N1QL|HQL|SurrealQL|JavaScript|TypeScript|Python|Lua|Bash|shell|SELECT|INSERT)\\b");

    private static final Pattern LOOKING = Pattern.compile(
            "(?i)\\b(?:search|keywords?|natural|question|look|find|filter|terms?|promql|logql|jql|kql|lucene)");

    private static final Pattern RUNNING =
            Pattern.compile("(?i)\\b(?:execut|evaluat|run|javascript|typescript|python|script|snippet to|code to)\\w*");

    private static final Set<String> ANALYSING = Set.of("analyze", "analyse", "lint", "parse", "explain", "validate");

    private static final Set<String> FLAGS = Set.of("flags", "args", "arguments", "headers", "argv");

    private static final Pattern DESTINATION = Pattern.compile(
            "(?:output|save|target|dest|destination|export|download|write|local|out) ?(?:path|file|filename|dir|directory|folder|to)");

    private static final Pattern SHOWN = Pattern.compile(
            "(?:.* )?(?:reveal|decrypt|decryption|plaintext|(?:show|include|with) (?:.* )?(?:secrets?|passwords?|sensitive|credentials?|tokens?|values of secrets?))(?: .*)?");

    /** An argument that begins with one of these chooses what is shown. */
    private static final Set<String> CHOOSING =
            Set.of("include", "show", "with", "exclude", "filter", "only", "is", "has", "no", "skip", "sort", "order");

    /** What people write to one another alone. */
    private static final Set<String> CONFIDENTIAL = Set.of("im", "mpim", "dm", "dms", "direct");

    private static final Set<String> FILES =
            Set.of("file", "files", "path", "paths", "filename", "filenames", "filepath", "filepaths", "uri", "uris");

    private static final Set<String> DISPATCHING =
            Set.of("action", "operation", "op", "method", "mode", "verb", "task", "function", "command");

    private static final Set<String> RECEIVERS = Set.of(
            "cc bcc recipient recipients attendee attendees guest guests emails invites invitee invitees phone notify participants subscribers"
                    .split(" "));

    private static final Pattern CREDENTIAL = Pattern.compile(
            "(?:.* )?(?:passwords?|passphrase|totp|otp|secrets?|tokens?|credentials?|(?:private|api|access|secret|ssh|recovery) (?:keys?|codes?)|apikeys?)");

    /** What says of which kind a thing is, if it may be any text. */
    private static final Pattern KIND = Pattern.compile(
            "(?:(?:api )?kind|(?:resource|object|entity|record|doc|document)(?: type| name)?|doctype|sobject(?: type| name)?|(?:model|table)(?: name)?)s?");

    private static final Set<String> WRITTEN = Set.of(
            "body",
            "comment",
            "note",
            "text",
            "description",
            "title",
            "message",
            "content",
            "contents",
            "summary",
            "subject",
            "markdown",
            "html",
            "reason");

    /** What a tag of Git stands for, at which workflows start. */
    private static final Set<String> COMMITS = Set.of("ref", "sha", "commit", "commitish");

    private static final Set<String> KEEPING = Set.of("write", "save", "store");

    private static final Set<String> MAKING = Set.of(
            "create", "new", "copy", "duplicate", "write", "save", "store", "make", "backup", "draft", "record", "log");

    private static final Set<String> NAMING = Set.of("name", "filename", "title", "key", "slug", "id", "path");

    private static final Set<String> HOLDING =
            Set.of("values", "data", "fields", "json", "attributes", "payload", "properties", "vals");

    private static final Set<String> RIGHTS = Set.of(
            "role", "roles", "permission", "permissions", "visibility", "public", "access", "acl", "share", "scopes");

    private static final Set<String> MONEY = Set.of("amount", "charge", "charged", "payment", "pay", "budget");

    private static final Set<String> LOSING =
            Set.of("archived", "trash", "trashed", "deleted", "force", "upsert", "overwrite", "replace", "conflict");

    private static final Set<String> PUBLISHING =
            Set.of("publish", "published", "send", "notify", "webhook", "callback", "broadcast");

    private static final Set<String> WHOLE = Set.of(
            "fields",
            "data",
            "properties",
            "body",
            "content",
            "contents",
            "text",
            "markdown",
            "html",
            "json",
            "values",
            "patch",
            "document",
            "payload",
            "attributes",
            "changes",
            "filter",
            "where",
            "query",
            "selector");

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_.-]{1,64}");

    private ArgumentJudgement() {}

    /** Returns whether its arguments are single fields, none of them the whole thing. */
    static boolean areNamedFields(ListedTool tool) {
        return tool.arguments().size() > 1
                && tool.arguments().stream()
                        .allMatch(argument -> !argument.isNested()
                                && argument.kind() != Kind.LIST
                                && Collections.disjoint(Words.split(argument.name()), WHOLE));
    }

    static Stream<ToolJudgement> of(ListedTool tool, List<String> words, Effect effect) {
        return tool.allArguments()
                .flatMap(argument -> ofChoices(argument)
                        .or(() -> effect == Effect.READS ? ofRead(argument, tool) : ofChange(argument, words))
                        .or(() -> ofCode(argument, tool, words))
                        .stream())
                .map(ArgumentJudgement::judgement);
    }

    /** Returns the arguments that it runs. */
    static Stream<String> code(ListedTool tool) {
        List<String> words = Words.split(tool.name());
        return tool.arguments().stream()
                .filter(argument -> argument.kind() == Kind.TEXT
                        && ofCode(argument, tool, words).isPresent())
                .map(ToolArgument::name);
    }

    /** Returns the arguments that lead a tool to what people write to one another alone. */
    static Stream<String> confidential(ListedTool tool) {
        return tool.arguments().stream()
                .map(ToolArgument::name)
                .filter(name -> !Collections.disjoint(Words.split(name), CONFIDENTIAL));
    }

    /** Returns the paths of arguments that name files. */
    static Stream<String> files(ListedTool tool) {
        return tool.arguments().stream()
                .flatMap(argument -> argument.isNested()
                        ? argument.members().stream()
                                .filter(ArgumentJudgement::isFile)
                                .map(member -> argument.name() + "." + member.name())
                        : Stream.of(argument).filter(ArgumentJudgement::isFile).map(ToolArgument::name));
    }

    /** Returns the names of arguments that hold what people write, and those that an open one may have. */
    static SortedSet<String> texts(ListedTool tool) {
        SortedSet<String> names = new TreeSet<>();
        tool.allArguments().forEach(argument -> {
            List<String> own = Words.split(argument.name());
            if (argument.isNested() && argument.members().isEmpty()) {
                names.addAll(WRITTEN);
            } else if (!own.isEmpty()
                    && WRITTEN.contains(own.getLast())
                    && argument.name().matches("[_A-Za-z][_A-Za-z0-9]*")) {
                names.add(argument.name());
            }
        });
        return names;
    }

    private static boolean isFile(ToolArgument argument) {
        List<String> own = Words.split(argument.name());
        return !own.isEmpty()
                && FILES.contains(own.getLast())
                && !argument.isNested()
                && (argument.kind() == Kind.TEXT || argument.kind() == Kind.LIST)
                && argument.name().matches("[_A-Za-z][_A-Za-z0-9]*");
    }

    /** Returns the arguments that say of which kind the thing is, and may be any text. */
    static Stream<String> kinds(ListedTool tool) {
        return tool.arguments().stream()
                .filter(argument -> argument.choices().isEmpty()
                        && (argument.kind() == Kind.TEXT || argument.kind() == Kind.LIST)
                        && KIND.matcher(String.join(" ", Words.split(argument.name())))
                                .matches())
                .map(ToolArgument::name);
    }

    /** Returns whether an argument says of which kind the thing is, and another one holds whatever it has. */
    static boolean isOfAnyKind(ListedTool tool) {
        return kinds(tool).findAny().isPresent()
                && tool.arguments().stream()
                        .anyMatch(argument -> argument.isNested()
                                ? argument.members().isEmpty()
                                : argument.kind() == Kind.TEXT
                                        && Words.split(argument.name()).stream().anyMatch(HOLDING::contains));
    }

    private record Found(Effect effect, ToolArgument argument) {}

    private static ToolJudgement judgement(Found found) {
        String name = found.argument.name();
        return new ToolJudgement(
                found.effect, NAME.matcher(name).matches() ? "its argument `" + name + "`" : "one of its arguments");
    }

    private static Optional<Found> found(Effect effect, ToolArgument argument) {
        return Optional.of(new Found(effect, argument));
    }

    /** Where one may choose a credential, it is one. */
    private static Optional<Found> ofChoices(ToolArgument argument) {
        return argument.choices().stream()
                        .anyMatch(choice -> CREDENTIAL
                                .matcher(String.join(" ", Words.split(choice)))
                                .matches())
                ? found(Effect.REVEALS, argument)
                : Optional.empty();
    }

    private static Optional<Found> ofCode(ToolArgument argument, ListedTool tool, List<String> words) {
        List<String> own = Words.split(argument.name());
        if (own.isEmpty()
                || argument.kind() == Kind.FLAG
                || argument.kind() == Kind.NUMBER
                || !argument.choices().isEmpty()) {
            return Optional.empty();
        }
        String last = own.getLast();
        if (FLAGS.contains(last)) {
            return found(Effect.RUNS, argument);
        }
        boolean analyses = words.stream().anyMatch(ANALYSING::contains);
        boolean isCode = (own.stream().anyMatch(CODE::contains) && CODE.contains(last))
                || own.contains("sql")
                || (last.equals("code")
                        && (own.size() == 1
                                ? argument.text().isEmpty()
                                        || RUNNING.matcher(argument.text()).find()
                                : !Collections.disjoint(own, Set.of("source", "python", "js", "java", "r"))));
        if (isCode) {
            return last.equals("code") && analyses ? Optional.empty() : found(Effect.RUNS, argument);
        }
        boolean isQuery = ASKING.contains(last)
                && (LANGUAGE.matcher(argument.text()).find()
                        || words.contains("sql")
                        || words.contains("cypher")
                        || words.contains("graphql")
                        || (words.contains("query")
                                && (LANGUAGE.matcher(tool.text()).find()
                                        // Nobody says what kind of query it is, as of `query` of a database.
                                        || (last.equals("query")
                                                && !LOOKING.matcher(argument.text() + tool.text())
                                                        .find()))));
        return isQuery ? found(Effect.RUNS, argument) : Optional.empty();
    }

    private static Optional<Found> ofRead(ToolArgument argument, ListedTool tool) {
        List<String> own = Words.split(argument.name());
        String joined = String.join(" ", own);
        if (SHOWN.matcher(joined).matches() && argument.kind() == Kind.FLAG) {
            return found(Effect.REVEALS, argument);
        }
        boolean isFetched = List.of("download", "screenshot").stream().anyMatch(Words.split(tool.name())::contains);
        if (DESTINATION.matcher(joined).matches()
                || (isFetched && isFile(argument) && !own.getLast().startsWith("uri"))) {
            return found(Effect.LOSES, argument);
        }
        if (isDispatch(own) && does(argument)) {
            return found(Effect.RUNS, argument);
        }
        if (!own.isEmpty() && Set.of("callback", "webhook").contains(own.getFirst())) {
            return found(Effect.SENDS, argument);
        }
        if (!own.isEmpty()
                && Set.of("url", "uri", "urls", "link").contains(own.getLast())
                && isAnyAddress(argument, tool)) {
            return found(Effect.SENDS, argument);
        }
        boolean chooses = !own.isEmpty() && CHOOSING.contains(own.getFirst());
        boolean isHarm = own.stream().anyMatch(ToolJudgement::isPlainHarm)
                || own.stream().anyMatch(Set.of("replace", "reset", "archive", "publish", "merge", "apply")::contains);
        boolean isSwitch = argument.kind() == Kind.FLAG
                || (argument.isNested()
                        && argument.members().isEmpty()
                        && argument.choices().isEmpty());
        return isSwitch && !chooses && isHarm ? found(Effect.LOSES, argument) : Optional.empty();
    }

    private static boolean isAnyAddress(ToolArgument argument, ListedTool tool) {
        return argument.isRequired()
                && Pattern.compile(
                                "(?i)\\b(?:any|web ?site|web ?page|web|https?|internet|url to (?:fetch|scrape|crawl|read|open))\\b")
                        .matcher(argument.text() + " " + tool.text())
                        .find();
    }

    private static boolean isDispatch(List<String> own) {
        return own.stream().anyMatch(DISPATCHING::contains);
    }

    /** Returns whether it chooses between reading and more. Where nothing reads, it is a filter of a list. */
    private static boolean does(ToolArgument argument) {
        Set<Boolean> kinds = argument.choices().stream()
                .flatMap(choice -> Words.split(choice).stream().filter(ToolJudgement::isVerb).findFirst().stream())
                .map(Words.of("reads")::contains)
                .collect(Collectors.toSet());
        return kinds.size() == 2;
    }

    /** Returns whether what it makes may take the place of what has this name. */
    private static boolean isReplaced(ToolArgument argument, List<String> words) {
        String verb = words.stream().filter(ToolJudgement::isVerb).findFirst().orElse("");
        List<String> own = Words.split(argument.name());
        boolean isNamed = KEEPING.contains(verb)
                && argument.kind() == Kind.TEXT
                && argument.choices().isEmpty()
                && !own.isEmpty()
                && NAMING.contains(own.getLast());
        boolean isFile = MAKING.contains(verb)
                && isFile(argument)
                && !own.getLast().startsWith("uri")
                && Collections.disjoint(words, Set.of("directory", "folder", "directories", "folders"))
                // A comment has a file that it is about.
                && words.stream()
                        .noneMatch(word ->
                                !word.equals("note") && Words.of("harmless").contains(word));
        return isNamed || isFile;
    }

    private static Optional<Found> ofChange(ToolArgument argument, List<String> words) {
        List<String> own = Words.split(argument.name());
        boolean isHarmless = words.stream().anyMatch(Words.of("harmless")::contains);
        if (isReplaced(argument, words)) {
            return found(Effect.LOSES, argument);
        }
        if (words.contains("tag") && !own.isEmpty() && COMMITS.contains(own.getLast())) {
            return found(Effect.RUNS, argument);
        }
        if (own.stream().anyMatch(RIGHTS::contains)) {
            return found(Effect.RIGHTS, argument);
        }
        if (own.stream().anyMatch(PUBLISHING::contains)
                || (!isHarmless
                        && (own.equals(List.of("to"))
                                || own.stream().anyMatch(word -> RECEIVERS.contains(word) || MONEY.contains(word))))
                || argument.choices().stream()
                        .anyMatch(choice -> !Collections.disjoint(Words.split(choice), PUBLISHING))) {
            return found(Effect.SENDS, argument);
        }
        boolean isLoss = own.stream().anyMatch(word -> LOSING.contains(word) || ToolJudgement.isPlainLoss(word))
                || (isDispatch(own)
                        && argument.choices().stream()
                                .flatMap(choice -> Words.split(choice).stream())
                                .anyMatch(ToolJudgement::isPlainLoss));
        return isLoss ? found(Effect.LOSES, argument) : Optional.empty();
    }
}
