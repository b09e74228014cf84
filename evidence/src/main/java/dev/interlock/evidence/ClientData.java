package dev.interlock.evidence;

/**
 * A browser's record of a passkey operation (WebAuthn Level 3 §5.8.1), of type {@code webauthn.get} for a signature,
 * {@code webauthn.create} for a new passkey; {@code embedded} if a page of another origin contained the page.
 */
public record ClientData(String type, String challenge, String origin, boolean embedded) {

    private static final int MAX_BYTES = 2048; // far more than any browser writes

    /** Reads one JSON object with these members. Unknown ones are skipped: browsers add some on purpose. */
    public static ClientData read(byte[] json) {
        if (json.length > MAX_BYTES) {
            throw new MalformedException("the client data is longer than " + MAX_BYTES + " bytes");
        }
        Json.Members members = Json.readForeign(json, "the client data");
        return new ClientData(
                text(members, "type"),
                text(members, "challenge"),
                text(members, "origin"),
                members.get("topOrigin").isPresent() || isCross(members));
    }

    private static String text(Json.Members members, String name) {
        if (members.get(name).orElse(new Json.Nothing()) instanceof Json.Text text) {
            return text.value();
        }
        throw new MalformedException("the client data has no `" + name + "`");
    }

    private static boolean isCross(Json.Members members) {
        if (members.get("crossOrigin").isEmpty()) {
            return false;
        }
        if (members.get("crossOrigin").get() instanceof Json.Flag cross) {
            return cross.value();
        }
        throw new MalformedException("`crossOrigin` of the client data is not true or false");
    }
}
