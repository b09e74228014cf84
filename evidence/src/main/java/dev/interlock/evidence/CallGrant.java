package dev.interlock.evidence;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What a person gives besides a confirmation: {@code calls} more calls like the confirmed one, before {@code until}. It
 * is checked here for the gateway, for the keys process and for an auditor.
 *
 * <p>A call is like another if it is the same request, and does the same on the same things: on no other resource, with
 * no greater count, and with the same facts. If it only writes, its {@link FreeTexts} may be others. Nothing in a
 * protected environment, nothing that destroys, and nothing that asks for a backup or a typed name, is ever granted.
 */
public record CallGrant(long calls, Instant until) {

    private static final String CALLS = "calls";
    private static final String UNTIL = "until";
    /** Begins the names of facts that count something. */
    public static final String COUNT = "count.";
    /** Names the fact that says what a replacement would leave out. */
    public static final String LEAVES_OUT = "leaves-out";

    private static final String LEAVES_OUT_NONE = "none of the ";

    private static final String FREE = "free";
    private static final String FRAME_DIGEST = "frame_digest";
    private static final List<String> BODY = List.of("body_digest", "body_length");

    /** The impacts of calls that may be granted. */
    private static final Set<String> GRANTED = Set.of("read", "write", "execute");

    /** Of these alone texts may differ. What is executed by a text is not known from its name. */
    private static final Set<String> HARMLESS = Set.of("read", "write");

    /** Why calls of the other impacts are not granted. */
    private static final Map<String, String> ALONE = Map.of(
            "destroy", "destroys", "credential", "may reveal a secret", "privilege", "changes what somebody may do");

    /** What the seal lets people grant by one signature: at most so many calls, for at most so long. */
    public record GrantLimit(long calls, Duration time) {

        static GrantLimit read(StrictFields fields) {
            return new GrantLimit(fields.count("calls"), Duration.ofSeconds(fields.count("time")));
        }
    }

    public CallGrant {
        if (calls < 1) {
            throw new MalformedException("a grant is of one call at least");
        }
    }

    /** Returns the name of the grant that was given with the confirmation of {@code hold}. */
    public static String name(String hold) {
        return "G-" + hold.substring("H-".length());
    }

    static CallGrant read(StrictFields fields) {
        return new CallGrant(fields.count(CALLS), fields.instant(UNTIL));
    }

    Json.Members json() {
        return Json.object().with(CALLS, calls).with(UNTIL, until.toString());
    }

    /** Returns why no call like that of {@code statement} may be granted under {@code seal}; empty if some may. */
    public static Optional<String> obstacle(SealDocument seal, Statement statement) {
        if (seal.grants().isEmpty()) {
            return Optional.of("the seal lets nobody grant more calls");
        }
        Json.Members obligations = statement.obligations();
        if (ElevationScope.is(statement)
                || statement.plan().isPresent()
                || obligations.get("backup_seconds").isPresent()
                || obligations.get("rows").isPresent()
                || ParsedObligations.of(obligations).typeName()) {
            return Optional.of("each call of this kind is asked about by itself");
        }
        for (String impact : new TreeSet<>(impacts(statement.meaning()))) {
            if (!GRANTED.contains(impact)) {
                return Optional.of("it " + ALONE.getOrDefault(impact, "may do anything")
                        + ", so each such call is shown; those that are sent together are confirmed together");
            }
        }
        Set<String> environments =
                new TreeSet<>(statement.meaning().object("radius").texts("environments"));
        boolean isKnown = true;
        for (Json.Members action : statement.meaning().objects("actions")) {
            for (Json.Members resource : action.objects("resources")) {
                environments.addAll(resource.texts("environments"));
                isKnown &= resource.flag("known");
            }
        }
        environments.retainAll(seal.protectedEnvironments());
        return environments.isEmpty() && isKnown
                ? Optional.empty()
                : Optional.of("calls in protected environments are asked about one by one");
    }

    /**
     * Returns the grant that all of {@code signatures} give; empty if one gives none or another. The caller checks
     * whether they confirm {@code statement}.
     */
    public static Optional<CallGrant> of(Statement statement, List<String> signatures) {
        Set<Optional<CallGrant>> given = new HashSet<>();
        for (String signature : signatures) {
            given.add(ConfirmationSignature.parse(signature).list().flatMap(list -> list.more(statement)));
        }
        return given.size() == 1 ? given.iterator().next() : Optional.empty();
    }

    /** What a call does, and the digest of {@link #bound} of its request. */
    public record GrantedCall(Json.Members meaning, String likeSha256) {

        /** Returns the call that does {@code meaning} by {@code request}. */
        public static GrantedCall of(Json.Members meaning, Json.Members request) {
            return new GrantedCall(meaning, Sha256.hex(bound(meaning, request).canonical()));
        }
    }

    /** Returns {@code request} with what {@link FreeTexts} it holds, to be signed for. */
    public static Json.Members withFreeTexts(Json.Members request, FreeTexts free, String frameDigest) {
        return request.withTexts(FREE, new TreeSet<>(free.paths())).with(FRAME_DIGEST, frameDigest);
    }

    /** Returns what must be the same in the request of each call like one of {@code meaning} by {@code request}. */
    static Json.Members bound(Json.Members meaning, Json.Members request) {
        return free(meaning, request).isEmpty() ? request : request.without(BODY);
    }

    private static List<String> free(Json.Members meaning, Json.Members request) {
        return HARMLESS.containsAll(impacts(meaning))
                        && request.get(FRAME_DIGEST).isPresent()
                ? request.texts(FREE)
                : List.of();
    }

    /** Returns in words what must be the same in each call like that of {@code statement}, and what need not be. */
    public static String promise(Statement statement) {
        List<String> free = free(statement.meaning(), statement.request());
        return free.isEmpty()
                ? "exactly the same request again"
                : "the same request again, with any text as " + String.join(" and ", free)
                        + "; nothing else may differ";
    }

    private static Set<String> impacts(Json.Members meaning) {
        Set<String> impacts = new HashSet<>();
        meaning.objects("actions").forEach(action -> impacts.addAll(action.texts("impacts")));
        return impacts;
    }

    /**
     * Returns why {@code signatures} under {@code statement} do not grant {@code call} at {@code now}; empty if they
     * do. The caller counts the calls, and checks that the meaning, the request and the lease are those of the call.
     */
    public static Optional<String> objection(
            SealDocument seal, Statement statement, List<String> signatures, GrantedCall call, Instant now) {
        Optional<String> obstacle = obstacle(seal, statement);
        if (obstacle.isPresent()) {
            return obstacle;
        }
        Optional<CallGrant> grant = of(statement, signatures);
        if (grant.isEmpty()) {
            return Optional.of("the signatures grant no more calls");
        }
        GrantLimit limit = seal.grants().orElseThrow();
        if (grant.get().calls() > limit.calls()
                || grant.get().until().isAfter(statement.expires().plus(limit.time()))) {
            return Optional.of("the seal lets nobody grant so much");
        }
        if (!now.isBefore(grant.get().until()) || !now.isBefore(seal.expires())) {
            return Optional.of("the grant has ended");
        }
        if (now.isBefore(
                statement.openedAt().plusSeconds(statement.obligations().whole("cooldown_seconds")))) {
            return Optional.of("the cooldown has not ended");
        }
        // The statement is over before the grant is. People signed it while it was valid, or the grant would not exist.
        Instant valid = now.isBefore(statement.expires()) ? now : statement.openedAt();
        List<String> unmet =
                ConfirmationCheck.check(seal, statement, signatures, valid).unmet();
        if (!unmet.isEmpty()) {
            return Optional.of(String.join("; ", unmet));
        }
        return isLike(statement.meaning(), call.meaning())
                        && GrantedCall.of(statement.meaning(), statement.request())
                                .likeSha256()
                                .equals(call.likeSha256())
                ? Optional.empty()
                : Optional.of("the call differs from what people granted");
    }

    /** Returns whether a call of {@code meaning} does no more than one of {@code granted} does. */
    static boolean isLike(Json.Members granted, Json.Members meaning) {
        if (!kind(granted).equals(kind(meaning))) {
            return false;
        }
        Json.Members radius = meaning.object("radius");
        boolean within = new HashSet<>(granted.object("radius").texts("lost")).containsAll(radius.texts("lost"))
                && radius.items("lost_backups").isEmpty();
        List<Json.Members> may = granted.objects("actions");
        List<Json.Members> does = meaning.objects("actions");
        for (int i = 0; i < does.size(); i++) {
            within &= new HashSet<>(ids(may.get(i))).containsAll(ids(does.get(i)))
                    && facts(may.get(i)).equals(facts(does.get(i)))
                    && isWithin(measured(may.get(i)), measured(does.get(i)));
        }
        return within;
    }

    private static List<String> ids(Json.Members action) {
        return action.objects("resources").stream()
                .map(resource -> resource.text("id"))
                .toList();
    }

    /**
     * Returns the facts that must be the same. What an agent may write freely is left out, and what is compared below.
     */
    private static List<String> facts(Json.Members action) {
        return action.objects("facts").stream()
                .filter(fact -> !isMeasured(fact) && !(isClaimed(fact) && FreeTexts.isAt(fact.text("name"))))
                .map(Json::canonicalText)
                .toList();
    }

    private static boolean isClaimed(Json.Members fact) {
        return fact.text("provenance").equals("claimed");
    }

    private static boolean isMeasured(Json.Members fact) {
        return !isClaimed(fact)
                && (fact.text("name").startsWith(COUNT) || fact.text("name").equals(LEAVES_OUT));
    }

    private static Map<String, List<String>> measured(Json.Members action) {
        Map<String, List<String>> facts = new TreeMap<>();
        action.objects("facts").stream()
                .filter(CallGrant::isMeasured)
                .forEach(fact -> facts.computeIfAbsent(fact.text("name"), name -> new ArrayList<>())
                        .add(fact.text("value")));
        return facts;
    }

    private static boolean isWithin(Map<String, List<String>> may, Map<String, List<String>> does) {
        return does.entrySet().stream()
                .allMatch(fact -> isWithin(fact.getKey(), may.getOrDefault(fact.getKey(), List.of()), fact.getValue()));
    }

    private static boolean isWithin(String name, List<String> may, List<String> does) {
        return name.equals(LEAVES_OUT)
                ? does.stream().allMatch(value -> value.startsWith(LEAVES_OUT_NONE)) || does.equals(may)
                : most(does) <= least(may);
    }

    private static long most(List<String> counts) {
        return counts.stream()
                .mapToLong(count -> number(count).orElse(Long.MAX_VALUE))
                .max()
                .orElse(0);
    }

    private static long least(List<String> counts) {
        return counts.stream()
                .mapToLong(count -> number(count).orElse(0L))
                .min()
                .orElse(0);
    }

    private static Optional<Long> number(String count) {
        return count.matches("[0-9]{1,15}") ? Optional.of(Long.valueOf(count)) : Optional.empty();
    }

    /**
     * Returns a text that is equal for meanings of one kind: what kind of thing is done, where, to what kinds of
     * things.
     */
    public static String kind(Json.Members meaning) {
        Json.Members radius = meaning.object("radius");
        return Json.object()
                .with("upstream", meaning.text("upstream"))
                .withItems("actions", meaning.objects("actions").stream().map(CallGrant::kindOfAction))
                .withTexts("environments", radius.texts("environments"))
                .withTexts("lost", types(radius.texts("lost")))
                .with("backups", radius.items("lost_backups").isEmpty())
                .canonicalText();
    }

    private static Json.Members kindOfAction(Json.Members action) {
        Set<String> places = new TreeSet<>();
        for (Json.Members resource : action.objects("resources")) {
            places.add(type(resource.text("id")) + " in " + resource.texts("environments") + resource.flag("known"));
        }
        return Json.object()
                .with("operation", action.text("operation"))
                .withTexts("impacts", action.texts("impacts"))
                .with("reversibility", action.text("reversibility"))
                .withTexts("resources", places);
    }

    private static Set<String> types(List<String> ids) {
        Set<String> types = new TreeSet<>();
        ids.forEach(id -> types.add(type(id)));
        return types;
    }

    private static String type(String id) {
        int slash = id.indexOf('/');
        return slash < 0 ? id : id.substring(0, slash);
    }
}
