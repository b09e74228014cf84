package dev.interlock.evidence;

import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The text that a person signs to confirm a hold: who wants to do what, at what cost, under which seal, and until when.
 *
 * @param hold {@code H-} and a ULID
 * @param seal the id of the seal that the obligations come from
 * @param lease the root lease behind the attempt
 * @param agent as {@code jer/cursor}
 * @param person the person for whom the agent runs
 * @param behind the other people behind the lease, because they signed for it; without {@code person}
 * @param task the task's name
 * @param upstream the upstream of the attempt
 * @param meaning the canonical actions, where they act and what they cost
 * @param request all that would be sent, except the credential
 * @param summary one plain sentence
 * @param reason why the agent asks, in its own words, which nobody has checked
 * @param obligations the conditions that must be met before it may be sent
 * @param nonce 32 random bytes in base64url; never shown to the agent
 * @param openedAt when the hold began
 * @param expires when the statement ceases to be valid
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
        Instant expires) {

    /** The SSHSIG namespace for statements, and nothing else. */
    public static final String NAMESPACE = "interlock-confirm@v1";

    /** The maximum size. A receipt carries the whole statement and must have space for the signatures over it. */
    public static final int MAX_BYTES = 10 * 1024;

    private static final String TYPE = "interlock-statement@v1";
    private static final String BEHIND = "behind";
    private static final int NONCE_BYTES = 32;

    /** @throws MalformedException if it is not a statement that {@link #read} would accept */
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
    }

    /**
     * Returns whether {@code somebody} is behind the lease: the agent is theirs, or they signed for what the lease may
     * do.
     */
    public boolean isBehind(String somebody) {
        return person.equals(somebody) || behind.contains(somebody);
    }

    /** The SHA-256 of the meaning's canonical form, lower-case hexadecimal. */
    public String meaningDigest() {
        return Sha256.hex(meaning.canonical());
    }

    /** The SHA-256 of the request's canonical form, lower-case hexadecimal. */
    public String requestDigest() {
        return Sha256.hex(request.canonical());
    }

    /** The JSON form. */
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
        return behind.isEmpty() ? json : json.withTexts(BEHIND, behind);
    }

    /**
     * The bytes that are signed: RFC 8785.
     *
     * @throws MalformedException if they are more than {@link #MAX_BYTES}
     */
    public byte[] canonical() {
        byte[] bytes = json().canonical();
        if (bytes.length > MAX_BYTES) {
            throw new MalformedException("the statement is longer than " + MAX_BYTES + " bytes");
        }
        return bytes;
    }

    /**
     * Reads a statement.
     *
     * @throws MalformedException unless it is canonical, of exactly the members of the format, and consistent
     */
    public static Statement read(byte[] bytes) {
        if (bytes.length > MAX_BYTES) {
            throw new MalformedException("the statement is longer than " + MAX_BYTES + " bytes");
        }
        return of(Json.readObject(bytes));
    }

    /**
     * Returns the statement in a JSON value that was already read.
     *
     * @throws MalformedException as {@link #read}
     */
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
                fields.instant("expires"));
        fields.constant("meaning_sha256", statement.meaningDigest());
        fields.constant("request_sha256", statement.requestDigest());
        fields.end();
        return statement;
    }

    /**
     * Reads the sorted names; the member is absent if there are none. This spelling is signed, so there is only one.
     */
    private static Set<String> behind(StrictFields fields) {
        Optional<List<String>> named = fields.optionalTexts(BEHIND);
        Set<String> behind = new TreeSet<>(named.orElse(List.of()));
        if (named.isPresent() && (behind.isEmpty() || !List.copyOf(behind).equals(named.get()))) {
            throw new MalformedException("`" + BEHIND + "` is empty, is not sorted, or names a person twice");
        }
        return behind;
    }
}
