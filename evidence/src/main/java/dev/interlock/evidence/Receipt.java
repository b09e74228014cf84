package dev.interlock.evidence;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * One entry of the ledger: an agent's attempt, its outcome, or an act of administration. {@code id} is {@code R-} and a
 * ULID, {@code origin} the log; {@code docs/formats/receipt.md} names the members, never a secret.
 */
public record Receipt(String id, Kind kind, Instant at, String origin, Json.Members members) {

    /** A readable action and a whole confirmation fit. It is a quarter of what an entry bundle allows. */
    public static final int MAX_BYTES = 16 * 1024;

    /** The agent name of the gateway's own probes. No agent can have it. */
    public static final String PROBE = "interlock:probe";

    /** The task of the leases with which Interlock examines itself. */
    public static final String EXAMINATION = "doctor";

    private static final String TYPE = "interlock-receipt@v1";
    private static final int ID_LENGTH = "R-".length() + 26;
    private static final String ID_CHARACTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    private static final Set<String> RESERVED = Set.of("type", "id", "kind", "at", "origin");

    public enum Kind implements Keyword {
        /** Something was about to be sent upstream. */
        INTENT,
        /** The outcome of an intent. */
        OUTCOME,
        REFUSED,
        /** Something waits for people to confirm it. */
        HELD,
        /** Somebody administered the gateway, or tried to. */
        ADMIN;

        public static Kind of(String word) {
            return Keyword.find(Kind.class, word)
                    .orElseThrow(() -> new MalformedException("`" + word + "` is not a kind of receipt"));
        }
    }

    public enum Result implements Keyword {
        /** The upstream did it. */
        DONE,
        /** The upstream answered that it did not. */
        FAILED,
        /** It was refused after the intent, before anything was sent. */
        REFUSED,
        /** The connection or the gateway died after something may have been sent. */
        UNKNOWN;

        static Result of(String word) {
            return Keyword.find(Result.class, word)
                    .orElseThrow(() -> new MalformedException("`" + word + "` is not a result"));
        }
    }

    /** @throws MalformedException if it is not a receipt that {@link #read} would accept */
    public Receipt {
        requireId(id);
        if (!VerifierKey.isName(origin)) {
            throw new MalformedException("`origin` is not a log's name");
        }
        for (String name : RESERVED) {
            if (members.members().containsKey(name)) {
                throw new MalformedException("a member of the receipt is named twice");
            }
        }
        requireKnown(kind, members);
    }

    public static boolean isId(String text) {
        boolean isId = text.length() == ID_LENGTH && text.startsWith("R-") && text.charAt(2) <= '7'; // 128 bits
        for (int i = 2; isId && i < ID_LENGTH; i++) {
            isId = ID_CHARACTERS.indexOf(text.charAt(i)) >= 0;
        }
        return isId;
    }

    static int digit(char character) {
        return ID_CHARACTERS.indexOf(character);
    }

    private static void requireId(String id) {
        if (!isId(id)) {
            throw new MalformedException("a receipt's id is not `R-` and a ULID");
        }
    }

    private static void requireKnown(Kind kind, Json.Members fields) {
        if (kind == Kind.OUTCOME) {
            requireId(fields.text("intent"));
            Result.of(fields.text("result"));
        }
        fields.optionalText("agent");
        fields.optionalText("hold");
        fields.optionalText("seal");
        fields.optionalObject("confirmation");
    }

    /** Returns whether it is an act of {@code command}. An attempt that failed lacks members of what was done. */
    public boolean isAct(String command) {
        return members.get("command").equals(Optional.of(new Json.Text(command)));
    }

    /** Returns whether it records which witnesses saw {@code intent} before it was sent. */
    public boolean isWitnessing(String intent) {
        return isAct(WitnessRules.ACT) && members.optionalText("intent").equals(Optional.of(intent));
    }

    /** Returns the checkpoints that witnesses cosigned, of a receipt that records these. */
    public List<Note> seenTrees() {
        return new StrictFields(members)
                .texts(WitnessRules.CHECKPOINTS).stream()
                        .map(text -> Note.read(text.getBytes(StandardCharsets.UTF_8)))
                        .toList();
    }

    public Json.Members json() {
        return members.with("type", TYPE)
                .with("id", id)
                .with("kind", kind.word())
                .with("at", at.toString())
                .with("origin", origin);
    }

    Receipt with(Json.Members others) {
        return new Receipt(id, kind, at, origin, others);
    }

    /** Returns the entry in RFC 8785 form, of at most {@link #MAX_BYTES}. */
    public byte[] canonical() {
        return requireShort(json().canonical());
    }

    /** Reads an entry: canonical, short enough, and with the members that every receipt of its kind has. */
    public static Receipt read(byte[] entry) {
        return of(Json.readObject(requireShort(entry)));
    }

    private static byte[] requireShort(byte[] entry) {
        if (entry.length > MAX_BYTES) {
            throw new MalformedException("the receipt is longer than " + MAX_BYTES + " bytes");
        }
        return entry;
    }

    public static Receipt of(Json.Members json) {
        StrictFields fields = new StrictFields(json);
        fields.constant("type", TYPE);
        return new Receipt(
                fields.text("id"),
                Kind.of(fields.text("kind")),
                fields.instant("at"),
                fields.text("origin"),
                json.without(RESERVED));
    }

    public Optional<String> agent() {
        return members.optionalText("agent");
    }

    public Optional<String> intent() {
        return kind == Kind.OUTCOME ? members.optionalText("intent") : Optional.empty();
    }

    public Optional<Result> result() {
        return kind == Kind.OUTCOME ? members.optionalText("result").map(Result::of) : Optional.empty();
    }

    /** Returns whether it is the outcome of a call of which nothing was sent. */
    boolean isUnsent() {
        return result().equals(Optional.of(Result.REFUSED));
    }

    public Optional<String> hold() {
        return members.optionalText("hold");
    }
}
