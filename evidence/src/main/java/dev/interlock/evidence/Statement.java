package dev.interlock.evidence;

import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The text that a person signs to confirm a hold: who wants to do what, at what cost, under which seal, until when.
 * {@code lease} is the root lease; {@code behind} the people who signed for it, without {@code person}; {@code request}
 * all that would be sent, except the credential; {@code reason} the agent's own unchecked words; {@code nonce} 32
 * random bytes in base64url, never shown to the agent; {@code plan} its place in a plan.
 */
public record Statement(
        String hold,
        String seal,
        String lease,
        String agent,
        String person,
        Set<String> behind,
        String task,
        String upstream,
        Json.Members meaning,
        Json.Members request,
        String summary,
        Optional<String> reason,
        Json.Members obligations,
        String nonce,
        Instant openedAt,
        Instant expires,
        Optional<PlanStep> plan) {

    public static final String NAMESPACE = "interlock-confirm@v1";
    /** The maximum size. A receipt carries the whole statement and must have space for the signatures over it. */
    public static final int MAX_BYTES = 10 * 1024;

    private static final String TYPE = "interlock-statement@v1";
    private static final String BEHIND = "behind";
    private static final String PLAN = "plan";
    private static final int NONCE_BYTES = 32;

    public Statement {
        if (!hold.startsWith("H-") || !StrictFields.isDigest(seal)) {
            throw new MalformedException("a statement names a hold and a seal");
        }
        if (Base64Text.readUrl(nonce).length != NONCE_BYTES) {
            throw new MalformedException("`nonce` is not " + NONCE_BYTES + " bytes long");
        }
        if (!openedAt.isBefore(expires)) {
            throw new MalformedException("a statement expires before it is opened");
        }
        // The meaning repeats these members. A display shows either, so they must not differ.
        new StrictFields(meaning).constant("agent", agent);
        new StrictFields(meaning).constant("lease", lease);
        new StrictFields(meaning).constant("upstream", upstream);
        ParsedObligations.of(obligations);
        behind = Collections.unmodifiableSet(new TreeSet<>(behind));
        if (behind.contains(person) || behind.contains("")) {
            throw new MalformedException("`behind` names `person` again, or nobody");
        }
        if (plan.filter(place -> (place.step() == 1) != place.first().equals(hold))
                .isPresent()) {
            throw new MalformedException("a plan is named after its first step");
        }
    }

    /** Returns the same at a place in a plan, as hold {@code id}. */
    public Statement at(String id, PlanStep place) {
        return new Statement(
                id,
                seal,
                lease,
                agent,
                person,
                behind,
                task,
                upstream,
                meaning,
                request,
                summary,
                reason,
                obligations,
                nonce,
                openedAt,
                expires,
                Optional.of(place));
    }

    /** Returns whether the agent is theirs, or they signed for what the lease may do. */
    public boolean isBehind(String somebody) {
        return person.equals(somebody) || behind.contains(somebody);
    }

    public String meaningDigest() {
        return Sha256.hex(meaning.canonical());
    }

    public String requestDigest() {
        return Sha256.hex(request.canonical());
    }

    public Json.Members json() {
        Json.Members json = Json.object()
                .with("type", TYPE)
                .with("hold", hold)
                .with("seal", seal)
                .with("lease", lease)
                .with("agent", agent)
                .with("person", person)
                .with("task", task)
                .with("upstream", upstream)
                .with("meaning", meaning)
                .with("meaning_sha256", meaningDigest())
                .with("request", request)
                .with("request_sha256", requestDigest())
                .with("summary", summary)
                .withOptional("reason", reason)
                .with("obligations", obligations)
                .with("nonce", nonce)
                .with("opened_at", openedAt.toString())
                .with("expires", expires.toString());
        Json.Members placed = plan.map(place -> json.with(PLAN, place.json())).orElse(json);
        return behind.isEmpty() ? placed : placed.withTexts(BEHIND, behind);
    }

    /** The RFC 8785 bytes that are signed, at most {@link #MAX_BYTES}. */
    public byte[] canonical() {
        return requireShort(json().canonical());
    }

    /** Reads a canonical statement of exactly the members of the format. */
    public static Statement read(byte[] bytes) {
        return of(Json.readObject(requireShort(bytes)));
    }

    private static byte[] requireShort(byte[] bytes) {
        if (bytes.length > MAX_BYTES) {
            throw new MalformedException("the statement is longer than " + MAX_BYTES + " bytes");
        }
        return bytes;
    }

    public static Statement of(Json.Members json) {
        StrictFields fields = new StrictFields(json);
        fields.constant("type", TYPE);
        Statement statement = new Statement(
                fields.name("hold"),
                fields.digest("seal"),
                fields.name("lease"),
                fields.name("agent"),
                fields.name("person"),
                behind(fields),
                fields.name("task"),
                fields.name("upstream"),
                fields.object("meaning"),
                fields.object("request"),
                fields.name("summary"),
                fields.optionalText("reason"),
                fields.object("obligations"),
                fields.name("nonce"),
                fields.instant("opened_at"),
                fields.instant("expires"),
                fields.innerIfAny(PLAN, PlanStep::read));
        fields.constant("meaning_sha256", statement.meaningDigest());
        fields.constant("request_sha256", statement.requestDigest());
        fields.end();
        return statement;
    }

    /** The member is absent if there are no names, and sorted: this is signed, so there is only one spelling. */
    private static Set<String> behind(StrictFields fields) {
        Optional<List<String>> named = fields.optionalTexts(BEHIND);
        Set<String> behind = new TreeSet<>(named.orElse(List.of()));
        if (named.isPresent() && (behind.isEmpty() || !List.copyOf(behind).equals(named.get()))) {
            throw new MalformedException("`" + BEHIND + "` is empty, is not sorted, or names a person twice");
        }
        return behind;
    }
}
