package dev.interlock.setup;

import dev.interlock.action.Impact;
import dev.interlock.action.VisibleText;
import dev.interlock.catalog.KnownServers.KnownServer;
import dev.interlock.catalog.KnownServers.KnownTool;
import dev.interlock.setup.ListedTool.ToolHints;
import dev.interlock.setup.ToolArgument.Kind;
import dev.interlock.setup.ToolJudgement.Effect;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What is proposed for a tool of an MCP server: what Interlock knows of it, otherwise what it seems to do by all that
 * the server says. A person checks it before it is sealed.
 *
 * @param choices what it does by each text of the argument that says which; empty if no argument does
 * @param places the arguments that name what it touches, and how a catalog says so
 */
public record ToolProposal(
        ListedTool tool,
        ToolJudgement judgement,
        Map<String, ToolJudgement> choices,
        Map<String, String> places,
        Optional<KnownTool> known) {

    /** A name that begins with one of these, and has one of the next as a word, says where later calls act. */
    private static final Set<String> CHOOSING =
            Set.of("set select switch use choose change activate focus open enter navigate cd".split(" "));

    private static final Set<String> PLACES = Set.of(
            "dir directory cwd folder workspace project repo repository branch page tab window url database db schema context environment account team org organization tenant profile target bucket cluster namespace"
                    .split(" "));

    /** Kinds of things that are credentials, or have them. */
    private static final String CREDENTIALS =
            "[\"*secret*\", \"*credential*\", \"*token*\", \"*key*\", \"*password*\"]";

    private static final Pattern ARGUMENT = Pattern.compile("[_A-Za-z][_A-Za-z0-9]*");

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_./-]{1,128}");

    /** Proposes what {@code tool} does, as Interlock knows it of {@code server}, otherwise by what is said of it. */
    public static ToolProposal of(ListedTool tool, Optional<KnownServer> server) {
        return new ToolProposal(
                tool,
                ToolJudgement.of(tool),
                ToolChoices.of(tool),
                ToolPlaces.of(tool),
                server.flatMap(known -> known.tool(tool.name())));
    }

    /**
     * Returns whether one of {@code listed} chooses what others act on. Of a known server, only what is known counts:
     * its other tools do not say whether they go by that.
     */
    public static boolean choose(List<ToolProposal> listed, Optional<KnownServer> server) {
        return listed.stream()
                .anyMatch(
                        server.isPresent()
                                ? tool -> tool.known()
                                        .filter(KnownTool::setsTarget)
                                        .isPresent()
                                : ToolProposal::isChoosing);
    }

    private boolean isChoosing() {
        List<String> words = Words.split(tool.name());
        return !words.isEmpty()
                && CHOOSING.contains(words.getFirst())
                && words.stream().anyMatch(PLACES::contains);
    }

    /** Returns whether it chooses what later calls act on, or acts on that, where tools of its server choose so. */
    public boolean isInSession() {
        return known.map(KnownTool::isInSession).orElseGet(() -> isChoosing() || !passes());
    }

    /**
     * Returns it as the server alone says it, if a catalog with these rules about {@code segments} cannot take more.
     */
    public ToolProposal within(Set<String> segments) {
        return known.filter(tool -> !segments.containsAll(tool.segments())).isEmpty()
                ? this
                : new ToolProposal(tool, judgement, choices, places, Optional.empty());
    }

    /**
     * Returns how many of {@code all} tools, of which a catalog can name those {@code listed}, pass and are asked
     * about.
     */
    public static String summary(int all, List<ToolProposal> listed) {
        long pass = listed.stream().filter(ToolProposal::passes).count();
        long denied = all
                - listed.size()
                + listed.stream().filter(ToolProposal::isDenied).count();
        return all + " tools: " + pass + " pass, " + (all - pass - denied) + " asked about, " + denied + " refused";
    }

    private boolean passes() {
        return known.map(tool -> tool.isUndone()
                        || tool.impacts().stream()
                                .allMatch(impacts ->
                                        Set.of(Impact.READ, Impact.WRITE).containsAll(impacts)))
                .orElseGet(() -> choices.isEmpty()
                        ? judgement.effect().passes()
                        : choices.values().stream()
                                .allMatch(choice -> choice.effect().passes()));
    }

    private boolean isDenied() {
        return known.filter(tool -> tool.impacts().stream().allMatch(impacts -> impacts.contains(Impact.CREDENTIAL)))
                .isPresent();
    }

    /** Returns the types of resources that it names. */
    public Set<String> types() {
        return known.map(KnownTool::types)
                .orElseGet(() -> places.values().stream()
                        .map(naming -> naming.replaceFirst("/.*", ""))
                        .collect(Collectors.toCollection(TreeSet::new)));
    }

    /** Returns what it does, and what says so. */
    public String words() {
        return known.map(this::words)
                .orElseGet(() -> choices.isEmpty()
                        ? judgement.words()
                        : choices.entrySet().stream()
                                .map(choice -> "`" + choice.getKey() + "` "
                                        + choice.getValue().words())
                                .collect(Collectors.joining("; ")));
    }

    private String words(KnownTool judged) {
        String unknown = tool.arguments().stream()
                .map(ToolArgument::name)
                .filter(argument -> !judged.takes().contains(argument))
                .map(argument -> '`' + VisibleText.line(argument) + '`')
                .collect(Collectors.joining(", "));
        return judged.impacts().stream().map(ToolProposal::words).distinct().collect(Collectors.joining(" or "))
                + (judged.isUndone() ? "; what it replaces is kept, and then it passes" : "")
                + (judged.isConditional() ? "; more with some arguments" : "")
                + (unknown.isEmpty() ? "" : "; refused with " + unknown);
    }

    private static String words(Set<Impact> impacts) {
        if (impacts.contains(Impact.CREDENTIAL)) {
            return "denied: it reveals or sets a secret";
        }
        if (impacts.contains(Impact.EXECUTE)) {
            return ToolJudgement.Effect.RUNS.words();
        }
        if (impacts.contains(Impact.PRIVILEGE)) {
            return ToolJudgement.Effect.RIGHTS.words();
        }
        if (impacts.contains(Impact.DESTROY)) {
            return ToolJudgement.Effect.LOSES.words();
        }
        return impacts.equals(Set.of(Impact.READ)) ? ToolJudgement.Effect.READS.words() : "changes";
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
        // Who signs sees them, and all of what is run.
        String facts = quoted(tool.arguments().stream()
                .filter(argument -> !argument.isNested())
                .map(ToolArgument::name));
        String whole = quoted(ArgumentJudgement.code(tool));
        return "  \"" + tool.name() + "\": {" + (takes.isEmpty() ? "" : "takes: \"" + takes + "\", ")
                + named()
                + (facts.isEmpty() ? "" : "facts: [" + facts + "], ")
                + (whole.isEmpty() ? "" : "whole: [" + whole + "], ")
                + (choices.isEmpty() ? judgement.effect().lines() : chosen())
                + rules()
                + (isChosen && isChoosing() ? ", sets-target: true" : "")
                + (isChosen && !passes() ? ", target: session" : "")
                + "}"
                + (judgement.because().isEmpty() ? "" : " # " + judgement.because());
    }

    /** What a tool loses is the thing in its name, and not the place that this is in. */
    private String named() {
        Map<Boolean, String> named = places.entrySet().stream()
                .collect(Collectors.partitioningBy(
                        place -> ToolPlaces.isOwn(place.getValue(), tool),
                        Collectors.mapping(
                                place -> place.getKey() + ": \"" + place.getValue() + '"', Collectors.joining(", "))));
        String own = named.getOrDefault(true, "");
        String around = named.getOrDefault(false, "");
        boolean isSure = tool.arguments().stream()
                .anyMatch(argument -> argument.isRequired()
                        && places.containsKey(argument.name())
                        && ToolPlaces.isOwn(places.getOrDefault(argument.name(), ""), tool));
        if (around.isEmpty() || !hasEffect(effect -> effect == Effect.LOSES || effect == Effect.UNCLEAR)) {
            return resources("resources", Stream.of(own, around));
        }
        return own.isEmpty()
                ? resources("resources", Stream.of(around)) + "part: true, "
                : isSure
                        ? resources("resources", Stream.of(own)) + resources("besides", Stream.of(around))
                        : resources("resources", Stream.of(own, around));
    }

    private static String resources(String key, Stream<String> named) {
        String all = named.filter(text -> !text.isEmpty()).collect(Collectors.joining(", "));
        return all.isEmpty() ? "" : key + ": {" + all + "}, ";
    }

    private String rules() {
        String confidential = passes() && choices.isEmpty()
                ? rule(
                        ArgumentJudgement.confidential(tool).map(name -> "{given: " + name + "}"),
                        "[privilege], reversibility: irreversible",
                        "It reads what people write to one another alone.")
                : "";
        String secret = rule(
                ArgumentJudgement.files(tool).map(path -> "{among-end: {" + path + ": [$secret-files]}}"),
                "[credential]",
                "A file of this name usually holds secrets.");
        String kind = rule(
                ArgumentJudgement.kinds(tool).map(name -> "{among: {" + name + ": " + CREDENTIALS + "}}"),
                "[credential]",
                "What is called so usually is, or has, a credential.");
        String commands = hasEffect(Effect.CHANGES::equals) ? texts() : "";
        String runs = hasEffect(effect -> effect != Effect.READS) ? executed() : "";
        String rules = Stream.of(confidential, secret, kind, commands, runs)
                .filter(rule -> !rule.isEmpty())
                .collect(Collectors.joining(", "));
        return rules.isEmpty() ? "" : ", when: [" + rules + "]";
    }

    /** Returns whether it does such a thing, by some of its choices at least. */
    private boolean hasEffect(Predicate<Effect> effect) {
        return (choices.isEmpty() ? Stream.of(judgement) : choices.values().stream())
                .map(ToolJudgement::effect)
                .anyMatch(effect);
    }

    private String executed() {
        return rule(
                ArgumentJudgement.files(tool).map(path -> "{among-end: {" + path + ": [$executed]}}"),
                "[execute], reversibility: irreversible",
                "A file of this name runs by itself later.");
    }

    /** Whoever reads what people write may be a bot. */
    private String texts() {
        String written = String.join(", ", ArgumentJudgement.texts(tool));
        String others = Stream.concat(ArgumentJudgement.files(tool), places.keySet().stream())
                .distinct()
                .collect(Collectors.joining(", "));
        return rule(
                written.isEmpty()
                        ? Stream.of()
                        : Stream.of("{commands: {written: [" + written + "]"
                                + (others.isEmpty() ? "" : ", others: [" + others + "]") + "}}"),
                "[execute], reversibility: irreversible",
                "The text commands a bot.");
    }

    private static String rule(Stream<String> conditions, String impacts, String because) {
        String any = conditions.collect(Collectors.joining(", "));
        return any.isEmpty()
                ? ""
                : "{if: {any: [" + any + "]}, impacts: " + impacts + ", because: \"" + because + "\"}";
    }

    private String chosen() {
        return "chosen-by: " + ToolChoices.chooser(tool).orElseThrow().name() + ", choices: {"
                + choices.entrySet().stream()
                        .map(choice -> '"' + choice.getKey() + "\": {"
                                + choice.getValue().effect().lines() + "}")
                        .collect(Collectors.joining(", "))
                + "}";
    }

    private static String quoted(Stream<String> names) {
        return names.map(name -> '"' + name + '"').collect(Collectors.joining(", "));
    }

    /** What a stranger's tool does by each text of the argument that says which of several things it does. */
    static final class ToolChoices {

        private ToolChoices() {}

        /** Returns the one required argument that says so. */
        static Optional<ToolArgument> chooser(ListedTool tool) {
            List<ToolArgument> all = tool.arguments().stream()
                    .filter(argument -> argument.isRequired()
                            && argument.kind() == Kind.TEXT
                            && argument.name().matches("action|operation|method|command")
                            && argument.choices().size() > 1
                            && argument.choices().stream()
                                    .allMatch(choice -> choice.matches("[A-Za-z][A-Za-z0-9_-]{0,60}")))
                    .toList();
            return all.size() == 1 ? Optional.of(all.getFirst()) : Optional.empty();
        }

        /**
         * Judges each choice as a tool of its own: its text, and the things in the tool's name. What the server says of
         * the tool as a whole counts for each that does more than read. Empty if none would pass.
         */
        static Map<String, ToolJudgement> of(ListedTool tool) {
            Optional<ToolArgument> chooser = chooser(tool);
            if (chooser.isEmpty() || new Name(tool).isHarm()) {
                return Map.of();
            }
            Map<String, ToolJudgement> choices = new LinkedHashMap<>();
            for (String choice : chooser.get().choices()) {
                ToolJudgement alone = judged(tool, chooser.get(), choice, "", ToolHints.NONE);
                choices.put(
                        choice,
                        alone.effect() == Effect.READS
                                ? alone
                                : judged(tool, chooser.get(), choice, tool.text(), tool.hints()));
            }
            return choices.values().stream().anyMatch(choice -> choice.effect().passes())
                            && choices.values().stream()
                                    .anyMatch(choice -> !choice.effect().passes())
                    ? choices
                    : Map.of();
        }

        private static ToolJudgement judged(
                ListedTool tool, ToolArgument chooser, String choice, String text, ToolHints hints) {
            String things = String.join("_", new Name(tool).things());
            return ToolJudgement.of(new ListedTool(
                    things.isEmpty() ? choice : choice + "_" + things,
                    text,
                    tool.arguments().stream()
                            .filter(argument -> !argument.equals(chooser))
                            .toList(),
                    hints));
        }

        /** The name of a tool that does several things, as `issue_write` or `manage_users`. */
        private record Name(ListedTool tool) {

            private Stream<String> words() {
                return Words.split(tool.name()).stream();
            }

            boolean isHarm() {
                return words().anyMatch(ToolJudgement::isPlainLoss);
            }

            List<String> things() {
                return words().filter(word -> !word.equals("write") && !word.equals("manage") && !word.equals("read"))
                        .toList();
            }
        }
    }
}
