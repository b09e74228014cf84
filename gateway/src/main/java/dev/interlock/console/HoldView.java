package dev.interlock.console;

import dev.interlock.action.Bytes;
import dev.interlock.action.Headline;
import dev.interlock.action.KeptTexts;
import dev.interlock.action.LossOrder;
import dev.interlock.adminapi.AgentQuestion;
import dev.interlock.adminapi.HoldQuestion;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/** A hold as its page shows it, read from the statement's own bytes, which are signed. Only its state is not. */
record HoldView(
        String id,
        String state,
        String ending,
        String title,
        String summary,
        String agent,
        String person,
        String task,
        String upstream,
        String lease,
        DisplayTime opened,
        DisplayTime signBy,
        Optional<DisplayTime> usableFrom,
        Optional<DisplayTime> usableUntil,
        List<OperationView> acts,
        List<Change> changes,
        List<FileDiff> diff,
        List<Fact> facts,
        String reason,
        List<Fact> claims,
        List<String> safer,
        RequestView request,
        List<String> demands,
        List<String> missing,
        List<String> signers,
        List<String> notes,
        List<String> covers,
        List<RadiusRow> radius,
        String meaning,
        String seal,
        String words,
        Optional<String> nameToType,
        Optional<ElevationGrantView> elevation,
        Optional<GrantOfferView> offer,
        Optional<String> noOffer,
        String digest,
        String rendering) {

    /** What a signer may grant besides: at most so many more calls, for some of so many hours. */
    record GrantOfferView(long calls, List<Long> hours, String like) {
        static GrantOfferView of(HoldQuestion.GrantOffer offer) {
            long most = Math.max(1, offer.seconds() / 3600);
            return new GrantOfferView(
                    offer.calls(),
                    LongStream.of(1, 4, most)
                            .filter(hours -> hours <= most)
                            .distinct()
                            .boxed()
                            .toList(),
                    DisplayText.sentence(offer.like()));
        }
    }

    /** Headers whose values are never shown, wherever they come from. */
    private static final Pattern SECRET =
            Pattern.compile("(?i).*(auth|cookie|token|secret|password|api-?key|signature).*");

    record ElevationGrantView(List<String> environments, List<String> impacts, List<String> resources, long minutes) {
        static ElevationGrantView of(HoldQuestion.ElevationScope elevation) {
            return new ElevationGrantView(
                    DisplayText.shown(elevation.environments()),
                    DisplayText.shown(elevation.impacts()),
                    DisplayText.shown(elevation.resources()),
                    elevation.minutes());
        }
    }

    /** A time, for people and for scripts. */
    record DisplayTime(String words, String iso) {
        static DisplayTime of(String iso) {
            return new DisplayTime(DisplayText.time(iso), iso);
        }
    }

    record OperationView(String operation, List<String> impacts, String reversibility, List<TargetView> things) {}
    /** One resource that an operation acts on, with people's name for it, if it has one. */
    record TargetView(String name, String id, String environments, String known) {}

    record Fact(String name, String value, String provenance) {}

    /** What the gateway has found that changes: for example the files of a push. */
    record Change(String what, List<String> each) {}

    /** How a push changes a file that machines run. */
    record FileDiff(String name, List<Diff.Line> lines) {}

    /** What the gateway has found in a push, in the order in which people read it, and what that is called. */
    private static final Map<String, String> PUSHED = pushed(
            "newest", "Commits that it gains, newest first",
            "lost", "Commits that nothing would hold any more",
            "people", "Whose they are",
            "written", "Written",
            "runs", "Files that machines run",
            "files", "Files that its commits change",
            "paths", "Files that differ afterwards");

    private static final String FILES = dev.interlock.action.Fact.PUSHED + "files";
    private static final String FILE = dev.interlock.action.Fact.DIFF_FILE;
    private static final String PATHS = dev.interlock.action.Fact.PUSHED + "paths";

    private static Map<String, String> pushed(String... names) {
        Map<String, String> words = new LinkedHashMap<>();
        for (int i = 0; i < names.length; i += 2) {
            words.put(dev.interlock.action.Fact.PUSHED + names[i], names[i + 1]);
        }
        return words;
    }

    /** A piece of a body: its kind, which is the style's name, and its text. */
    record BodyFragment(String kind, String text) {
        static BodyFragment of(Json.Members piece) {
            return new BodyFragment(
                    switch (piece.text("kind")) {
                        case "name" -> "name";
                        case "text" -> "value";
                        case "number" -> "number";
                        case "masked" -> "value masked";
                        default -> "plain";
                    },
                    Arrays.stream(piece.text("text").split("\n", -1))
                            .map(DisplayText::sentence)
                            .collect(Collectors.joining("\n")));
        }
    }

    /** The request that would be sent. */
    record RequestView(
            String method,
            String authority,
            String path,
            List<Fact> query,
            List<Fact> headers,
            List<Fact> rest,
            List<BodyFragment> body) {}

    /** Returns what the catalog says that is lost, and why: people read it before they answer. */
    List<Fact> consequences() {
        return facts.stream().filter(HoldView::isConsequence).toList();
    }

    List<Fact> otherFacts() {
        return facts.stream().filter(fact -> !isConsequence(fact)).toList();
    }

    /** Returns whether something would be gone, as far as anybody knows. */
    boolean isLosing() {
        return acts.stream().anyMatch(act -> act.impacts().contains("destroy"))
                || radius.stream().anyMatch(row -> row.fate() == RadiusRow.Fate.LOST);
    }

    private static boolean isConsequence(Fact fact) {
        return fact.name().equals("effect") || fact.name().equals("because");
    }

    boolean isOpen() {
        return state.equals("open");
    }

    boolean isSigned() {
        return state.equals("signed");
    }

    boolean isLive() {
        return isOpen() || isSigned();
    }

    boolean isCooling(Instant now) {
        return isSigned()
                && usableFrom
                        .flatMap(from -> DisplayText.instant(from.iso()))
                        .filter(now::isBefore)
                        .isPresent();
    }

    static HoldView of(HoldQuestion.ShownHold shown, List<AgentQuestion.Dependent> around, Instant now) {
        HoldQuestion.Hold line = shown.line();
        Json.Members statement = statement(shown);
        Json.Members meaning = statement.object("meaning");
        List<Json.Members> actions = LossOrder.of(meaning.object("radius")).actions(meaning.objects("actions"));
        // A text is found by the digest that is computed from it, so one that was changed is not shown.
        KeptTexts texts = new KeptTexts(shown.texts().orElse(List.of()));
        return new HoldView(
                line.id(),
                line.state(),
                DisplayText.sentence(line.ending()),
                title(shown, meaning),
                DisplayText.sentence(statement.text("summary")),
                DisplayText.text(statement, "agent"),
                DisplayText.text(statement, "person"),
                DisplayText.text(statement, "task"),
                DisplayText.text(statement, "upstream"),
                DisplayText.text(statement, "lease"),
                DisplayTime.of(statement.text("opened_at")),
                DisplayTime.of(line.signBy()),
                line.usableFrom().map(DisplayTime::of),
                line.usableUntil().map(DisplayTime::of),
                actions.stream()
                        .map(action -> act(action, meaning.object("radius")))
                        .toList(),
                changes(actions, texts),
                diff(actions, texts),
                facts(actions, texts, false),
                DisplayText.text(statement, "reason"),
                facts(actions, texts, true),
                safer(actions),
                request(statement.object("request"), texts, body(shown)),
                ObligationPhrases.obligations(statement.object("obligations")),
                line.missing().stream().map(DisplayText::dated).toList(),
                line.signers().stream().map(DisplayText::text).toList(),
                meaning.object("radius").texts("notes").stream()
                        .map(DisplayText::sentence)
                        .toList(),
                line.covers().stream().map(DisplayText::sentence).toList(),
                RadiusRow.of(meaning, around, now),
                statement.text("meaning_sha256"),
                statement.text("seal"),
                shown.words(),
                shown.nameToType().map(DisplayText::sentence),
                shown.elevation().map(ElevationGrantView::of),
                shown.mayGrant().map(GrantOfferView::of),
                shown.noGrant().map(DisplayText::sentence),
                Bytes.utf8(shown.statement()).sha256(),
                DisplayText.lines(shown.rendering()));
    }

    private static List<BodyFragment> body(HoldQuestion.ShownHold shown) {
        return shown.body().isPresent() && shown.body().get() instanceof Json.Array(List<Json> pieces)
                ? pieces.stream()
                        .map(piece -> BodyFragment.of((Json.Members) piece))
                        .toList()
                : List.of();
    }

    private static String title(HoldQuestion.ShownHold shown, Json.Members meaning) {
        return shown.elevation().isEmpty()
                ? DisplayText.sentence(Headline.of(meaning.objects("actions"), meaning.object("radius")))
                : "Let a lease " + DisplayText.list(shown.elevation().get().impacts()) + " in "
                        + String.join(" and ", DisplayText.texts(meaning.object("radius"), "environments"));
    }

    static List<String> resources(HoldQuestion.ShownHold shown) {
        Json.Members meaning = statement(shown).object("meaning");
        return LossOrder.of(meaning.object("radius"))
                .resources(meaning.objects("actions").stream()
                        .flatMap(action -> action.objects("resources").stream())
                        .map(resource -> resource.text("id"))
                        .toList());
    }

    static Json.Members statement(HoldQuestion.ShownHold shown) {
        return Json.readObject(shown.statement().getBytes(StandardCharsets.UTF_8));
    }

    private static OperationView act(Json.Members action, Json.Members radius) {
        return new OperationView(
                DisplayText.text(action, "operation"),
                DisplayText.texts(action, "impacts"),
                DisplayText.text(action, "reversibility"),
                action.objects("resources").stream()
                        .map(resource -> new TargetView(
                                DisplayText.name(radius, resource.text("id")).orElse(""),
                                DisplayText.text(resource, "id"),
                                String.join(" and ", DisplayText.texts(resource, "environments")),
                                resource.flag("known")
                                        ? DisplayText.text(resource, "provenance")
                                        : "unknown: counts as the most protected"))
                        .toList());
    }

    private static List<Fact> facts(List<Json.Members> actions, KeptTexts texts, boolean claimed) {
        List<Fact> facts = new ArrayList<>();
        for (Json.Members action : actions) {
            for (Json.Members fact : action.objects("facts")) {
                if (fact.text("provenance").equals("claimed") == claimed
                        && !isSafer(fact)
                        && !isDiff(fact)
                        && !PUSHED.containsKey(fact.text("name"))) {
                    facts.add(new Fact(
                            DisplayText.text(words(fact.text("name"))),
                            DisplayText.text(texts.shown(fact.text("value"))),
                            fact.text("provenance")));
                }
            }
        }
        return facts;
    }

    /** Returns the name of a fact in words: {@code argument.body.commit_title} is the commit title. */
    private static String words(String name) {
        return name.replaceFirst("^(argument|count)\\.((body|input|query)\\.)?", "")
                .replaceAll("[._]", " ");
    }

    /** Returns what the gateway has listed, each formatted; of a shortened list the last item says so. */
    private static List<String> items(String value) {
        if (!value.startsWith("[")) {
            return List.of(DisplayText.text(value));
        }
        int end = value.lastIndexOf("\",");
        return list(value)
                .or(() -> end < 0
                        ? Optional.empty()
                        : list(value.substring(0, end) + "\",\"and more, which is not shown\"]"))
                .orElseGet(() -> List.of(DisplayText.text(value)));
    }

    private static Optional<List<String>> list(String value) {
        try {
            return Optional.of(
                    Json.readObject(("{\"items\":" + value + "}").getBytes(StandardCharsets.UTF_8))
                            .items("items")
                            .stream()
                            .map(DisplayText::value)
                            .toList());
        } catch (MalformedException _) {
            return Optional.empty();
        }
    }

    private static List<Change> changes(List<Json.Members> actions, KeptTexts texts) {
        Map<String, Set<String>> found = new LinkedHashMap<>();
        PUSHED.keySet().forEach(name -> found.put(name, new LinkedHashSet<>()));
        for (Json.Members action : actions) {
            for (Json.Members fact : action.objects("facts")) {
                Set<String> each = found.get(fact.text("name"));
                if (each != null && !fact.text("provenance").equals("claimed")) {
                    items(texts.shown(fact.text("value"))).stream()
                            .filter(item -> !item.isEmpty() && !item.equals("0"))
                            .forEach(each::add);
                }
            }
        }
        if (Objects.equals(found.get(FILES), found.get(PATHS))) {
            found.remove(PATHS);
        }
        List<Change> changes = new ArrayList<>();
        found.forEach((name, each) -> {
            if (!each.isEmpty()) {
                changes.add(new Change(PUSHED.getOrDefault(name, name), List.copyOf(each)));
            }
        });
        return changes;
    }

    private static boolean isDiff(Json.Members fact) {
        return isFound(fact, dev.interlock.action.Fact.DIFF);
    }

    private static boolean isFound(Json.Members fact, String name) {
        return fact.text("name").equals(name) && !fact.text("provenance").equals("claimed");
    }

    /** Each file begins with a line of the gateway's own. Its other lines begin with a sign. */
    private static List<FileDiff> diff(List<Json.Members> actions, KeptTexts texts) {
        List<FileDiff> files = new ArrayList<>();
        actions.stream()
                .flatMap(action -> action.objects("facts").stream())
                .filter(HoldView::isDiff)
                .flatMap(fact -> texts.shown(fact.text("value")).lines())
                .forEach(line -> {
                    if (line.startsWith(FILE)) {
                        files.add(new FileDiff(DisplayText.sentence(line.substring(FILE.length())), new ArrayList<>()));
                    } else if (files.isEmpty()) {
                        files.add(new FileDiff(DisplayText.sentence(line), new ArrayList<>()));
                    } else {
                        files.getLast().lines().add(line(line));
                    }
                });
        return files;
    }

    private static Diff.Line line(String line) {
        boolean isOfFile = !line.isEmpty() && "+- ".indexOf(line.charAt(0)) >= 0;
        return new Diff.Line(
                isOfFile ? line.charAt(0) : '…',
                DisplayText.sentence((isOfFile ? line.substring(1) : line).replace("\t", "    ")));
    }

    private static boolean isSafer(Json.Members fact) {
        return isFound(fact, dev.interlock.action.Fact.SAFER);
    }

    private static List<String> safer(List<Json.Members> actions) {
        return actions.stream()
                .flatMap(action -> action.objects("facts").stream())
                .filter(HoldView::isSafer)
                .map(fact -> DisplayText.sentence(fact.text("value")))
                .distinct()
                .toList();
    }

    private static RequestView request(Json.Members request, KeptTexts texts, List<BodyFragment> body) {
        List<Fact> rest = new ArrayList<>();
        request.members().forEach((name, value) -> {
            if (!List.of("method", "authority", "path", "query", "headers").contains(name)) {
                rest.add(new Fact(DisplayText.text(name.replace('_', ' ')), DisplayText.value(value), ""));
            }
        });
        return new RequestView(
                DisplayText.text(request, "method"),
                DisplayText.text(request, "authority"),
                DisplayText.text(request, "path"),
                pairs(request, "query", texts),
                pairs(request, "headers", KeptTexts.NONE),
                rest,
                body);
    }

    private static List<Fact> pairs(Json.Members request, String member, KeptTexts texts) {
        List<Fact> pairs = new ArrayList<>();
        if (request.get(member).isPresent()) {
            for (Json item : request.items(member)) {
                if (item instanceof Json.Array(List<Json> pair) && pair.size() == 2) {
                    String name = DisplayText.value(pair.getFirst());
                    boolean masked = SECRET.matcher(name).matches();
                    pairs.add(new Fact(
                            name,
                            masked
                                    ? "masked"
                                    : texts.find(DisplayText.value(pair.getLast()))
                                            .map(DisplayText::text)
                                            .orElseGet(() -> DisplayText.value(pair.getLast())),
                            masked ? "masked" : ""));
                }
            }
        }
        return pairs;
    }
}
