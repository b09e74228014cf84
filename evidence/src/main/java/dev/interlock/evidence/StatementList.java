package dev.interlock.evidence;

import java.util.HashSet;
import java.util.List;

/**
 * The ordered list of statements that a person confirms by one signature. It names each by the digest of its bytes, which
 * contain a nonce that no agent knows. A statement alone is signed itself, so a list has two at least.
 */
public record StatementList(List<String> statements) {

    /** The maximum length: what a person reads through, and what a receipt can carry beside a statement. */
    public static final int MAX = 20;

    private static final String TYPE = "interlock-statements@v1";
    private static final String STATEMENTS = "statements";

    public StatementList {
        statements = List.copyOf(statements);
        if (statements.size() < 2 || statements.size() > MAX) {
            throw new MalformedException("a list has 2 to " + MAX + " statements");
        }
        if (new HashSet<>(statements).size() != statements.size()
                || !statements.stream().allMatch(StrictFields::isDigest)) {
            throw new MalformedException("a list names each statement once, by its SHA-256");
        }
    }

    /** Returns the list of exactly these statements, in this order. */
    public static StatementList of(List<Statement> statements) {
        return new StatementList(statements.stream().map(StatementList::digest).toList());
    }

    static String digest(Statement statement) {
        return Sha256.hex(statement.canonical());
    }

    public boolean contains(Statement statement) {
        return statements.contains(digest(statement));
    }

    /** Returns the RFC 8785 bytes that are signed. */
    public byte[] canonical() {
        return json().canonical();
    }

    Json.Members json() {
        return Json.object().with("type", TYPE).withTexts(STATEMENTS, statements);
    }

    /** Reads a canonical list of exactly the members of the format. */
    public static StatementList read(byte[] bytes) {
        return of(new StrictFields(Json.readObject(bytes)));
    }

    private static StatementList of(StrictFields fields) {
        StatementList list = beside(fields);
        fields.end();
        return list;
    }

    /** Reads a list out of members that have others too, which the caller reads. */
    static StatementList beside(StrictFields fields) {
        fields.constant("type", TYPE);
        return new StatementList(fields.texts(STATEMENTS));
    }
}
