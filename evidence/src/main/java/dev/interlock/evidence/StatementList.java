package dev.interlock.evidence;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;

/**
 * The ordered list of statements that a person confirms by one signature. It names each by the digest of its bytes,
 * which contain a nonce that no agent knows. It may also grant {@code more} calls like the first one. A statement that
 * is alone, without such a grant, is signed itself.
 */
public record StatementList(List<String> statements, Optional<CallGrant> more) {

    /** The maximum length: what a person reads through, and what a receipt can carry beside a statement. */
    public static final int MAX = 20;

    private static final String TYPE = "interlock-statements@v1";
    private static final String STATEMENTS = "statements";
    private static final String MORE = "more";

    public StatementList {
        statements = List.copyOf(statements);
        if (statements.size() < (more.isPresent() ? 1 : 2) || statements.size() > MAX) {
            throw new MalformedException("a list has 2 to " + MAX + " statements, or one with a grant");
        }
        if (new HashSet<>(statements).size() != statements.size()
                || !statements.stream().allMatch(StrictFields::isDigest)) {
            throw new MalformedException("a list names each statement once, by its SHA-256");
        }
    }

    /** Returns the list of exactly these statements, in this order. */
    public static StatementList of(List<Statement> statements, Optional<CallGrant> more) {
        return new StatementList(statements.stream().map(StatementList::digest).toList(), more);
    }

    static String digest(Statement statement) {
        return Sha256.hex(statement.canonical());
    }

    public boolean contains(Statement statement) {
        return statements.contains(digest(statement));
    }

    /** Returns the grant of more calls like {@code statement}; empty if it gives none. */
    public Optional<CallGrant> more(Statement statement) {
        return more.filter(grant -> statements.get(0).equals(digest(statement)));
    }

    /** Returns the RFC 8785 bytes that are signed. */
    public byte[] canonical() {
        return json().canonical();
    }

    Json.Members json() {
        Json.Members json = Json.object().with("type", TYPE).withTexts(STATEMENTS, statements);
        return more.map(grant -> json.with(MORE, grant.json())).orElse(json);
    }

    /** Reads a canonical list of exactly the members of the format. */
    public static StatementList read(byte[] bytes) {
        StrictFields fields = new StrictFields(Json.readObject(bytes));
        StatementList list = beside(fields);
        fields.end();
        return list;
    }

    /** Reads a list out of members that have others too, which the caller reads. */
    static StatementList beside(StrictFields fields) {
        fields.constant("type", TYPE);
        return new StatementList(fields.texts(STATEMENTS), fields.innerIfAny(MORE, CallGrant::read));
    }
}
