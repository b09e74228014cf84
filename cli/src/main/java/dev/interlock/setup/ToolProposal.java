package dev.interlock.setup;

import dev.interlock.action.Impact;
import dev.interlock.action.VisibleText;
import dev.interlock.catalog.KnownServers.KnownServer;
import dev.interlock.catalog.KnownServers.KnownTool;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What is proposed for a tool of an MCP server: what Interlock knows of it, otherwise what the words of its name say. A
 * person checks it before it is sealed. What the server says of a tool can only make the second one stricter.
 */
public record ToolProposal(McpDirectory.ListedTool tool, Effect effect, Optional<KnownTool> known) {

    public enum Effect {
        READS("reads", "impacts: [read], reversibility: reversible"),
        /** It adds something, and loses nothing. */
        ADDS("adds", "impacts: [write], reversibility: reversible"),
        /** It may lose what was there, or nobody knows. */
        ASKS("a person is asked", "impacts: [destroy], reversibility: irreversible"),
        RUNS("denied: it runs code", "impacts: [execute], reversibility: irreversible");

        private final String words;
        private final String lines;

        Effect(String words, String lines) {
            this.words = words;
            this.lines = lines;
        }
    }

    private static final Pattern SEPARATOR =
            Pattern.compile("[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])");

    private static final Set<String> READING =
            Set.of("get list read search find describe show count view lookup status".split(" "));

    private static final Set<String> ADDING = Set.of("create add append comment post reply open".split(" "));

    /** In a name that has one of these anywhere, no other word counts. */
    private static final Set<String> RUNNING =
            Set.of("run exec eval shell command script sql query bash terminal process code".split(" "));

    /** In a name that has one of these anywhere, a word for reading or adding does not count: `get_and_delete`. */
    private static final Set<String> LOSING = Set.of(
            ("delete remove drop destroy purge truncate reset wipe clear kill terminate cancel revoke archive overwrite"
                            + " replace force merge deploy restore rollback set update edit modify write move rename"
                            + " send transfer pay refund disable stop close flush erase trash unlink uninstall rotate"
                            + " ban block upsert sync secret token password credential key env cookie session")
                    .split(" "));

    /** With one of these as a word, a tool does two things, and its name may begin with the harmless one. */
    private static final Set<String> JOINING = Set.of("and", "or", "then");

    /** A name that begins with one of these, and has one of the next as a word, says where later calls act. */
    private static final Set<String> CHOOSING =
            Set.of("set select switch use choose change activate focus open enter navigate cd".split(" "));

    private static final Set<String> PLACES = Set.of(
            ("dir directory cwd folder workspace project repo repository branch page tab window url database db schema"
                            + " context environment account team org organization tenant profile target bucket cluster"
                            + " namespace")
                    .split(" "));

    /** An argument that a catalog can name. */
    private static final Pattern ARGUMENT = Pattern.compile("[_A-Za-z][_A-Za-z0-9]*");

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_./-]{1,128}");

    /** Proposes what {@code tool} does, as Interlock knows it of {@code server}, otherwise by its name. */
    public static ToolProposal of(McpDirectory.ListedTool tool, Optional<KnownServer> server) {
        return new ToolProposal(
                tool, effect(words(tool.name()), tool), server.flatMap(known -> known.tool(tool.name())));
    }

    private static List<String> words(String name) {
        return Arrays.stream(SEPARATOR.split(name, -1))
                .map(word -> word.toLowerCase(Locale.ROOT))
                .filter(word -> !word.isEmpty())
                .toList();
    }

    /**
     * Returns whether one of {@code listed} chooses what others act on. Of a known server, only what is known counts:
     * its other tools do not say whether they go by that.
     */
    public static boolean choose(List<ToolProposal> listed, Optional<KnownServer> server) {
        return listed.stream()
                .anyMatch(server.isPresent()
                        ? tool -> tool.known().filter(KnownTool::setsTarget).isPresent()
                        : ToolProposal::isChoosing);
    }

    private boolean isChoosing() {
        List<String> words = words(tool.name());
        return !words.isEmpty()
                && CHOOSING.contains(words.getFirst())
                && words.stream().anyMatch(PLACES::contains);
    }

    /** Returns whether it chooses what later calls act on, or acts on that, where tools of its server choose so. */
    public boolean isInSession() {
        return known.map(KnownTool::isInSession)
                .orElseGet(() -> isChoosing() || effect == Effect.ASKS || effect == Effect.RUNS);
    }

    private static Effect effect(List<String> words, McpDirectory.ListedTool tool) {
        if (hasAny(words, RUNNING)) {
            return Effect.RUNS;
        }
        if (words.isEmpty()
                || tool.destroys()
                || hasAny(words, LOSING)
                || words.stream().anyMatch(JOINING::contains)) {
            return Effect.ASKS;
        }
        return ADDING.contains(words.getFirst())
                ? Effect.ADDS
                : READING.contains(words.getFirst()) && !tool.changes() ? Effect.READS : Effect.ASKS;
    }

    private static boolean hasAny(List<String> words, Set<String> parts) {
        return words.stream().anyMatch(word -> parts.stream().anyMatch(word::contains));
    }

    /** Returns it as the name alone says it, if a catalog with these rules about {@code segments} cannot take more. */
    public ToolProposal within(Set<String> segments) {
        return known.filter(tool -> !segments.containsAll(tool.segments())).isEmpty()
                ? this
                : new ToolProposal(tool, effect, Optional.empty());
    }

    public boolean isGuessed(Optional<KnownServer> server) {
        return server.isPresent() && known.isEmpty();
    }

    public String words() {
        return known.map(this::words).orElse(effect.words);
    }

    private String words(KnownTool judged) {
        String unknown = tool.arguments().stream()
                .map(McpDirectory.ListedArgument::name)
                .filter(argument -> !judged.takes().contains(argument))
                .map(argument -> '`' + VisibleText.line(argument) + '`')
                .collect(Collectors.joining(", "));
        return judged.impacts().stream().map(ToolProposal::words).distinct().collect(Collectors.joining(" or "))
                + (judged.isConditional() ? "; more with some arguments" : "")
                + (unknown.isEmpty() ? "" : "; refused with " + unknown);
    }

    private static String words(Set<Impact> impacts) {
        if (impacts.contains(Impact.EXECUTE)) {
            return Effect.RUNS.words;
        }
        if (impacts.contains(Impact.CREDENTIAL)) {
            return "denied: it reveals or sets a secret";
        }
        if (impacts.contains(Impact.PRIVILEGE)) {
            return "denied: it changes rights";
        }
        if (impacts.contains(Impact.DESTROY)) {
            return Effect.ASKS.words;
        }
        return impacts.equals(Set.of(Impact.READ)) ? Effect.READS.words : "changes";
    }

    public boolean canBeListed() {
        return known.isPresent()
                || (NAME.matcher(tool.name()).matches()
                        && !tool.name().startsWith("mcp/")
                        && tool.arguments().stream()
                                .allMatch(argument ->
                                        ARGUMENT.matcher(argument.name()).matches()));
    }

    /**
     * An argument that Interlock does not know of a known tool is left out, so that it is refused.
     *
     * @param isChosen whether a tool of the catalog chooses what others act on
     */
    public String lines(Set<String> tools, boolean isChosen) {
        return known.map(judged -> judged.lines(tools)).orElseGet(() -> line(isChosen));
    }

    private String line(boolean isChosen) {
        String takes = tool.arguments().stream()
                .map(argument -> argument.name() + (argument.isNested() ? ":*" : ""))
                .collect(Collectors.joining(" "));
        // Who signs sees them.
        String facts = tool.arguments().stream()
                .filter(argument -> !argument.isNested())
                .map(argument -> '"' + argument.name() + '"')
                .collect(Collectors.joining(", "));
        return "  \"" + tool.name() + "\": {" + (takes.isEmpty() ? "" : "takes: \"" + takes + "\", ")
                + (facts.isEmpty() ? "" : "facts: [" + facts + "], ") + effect.lines
                + (isChosen && isChoosing() ? ", sets-target: true" : "")
                + (isChosen && (effect == Effect.ASKS || effect == Effect.RUNS) ? ", target: session" : "") + "}";
    }
}
