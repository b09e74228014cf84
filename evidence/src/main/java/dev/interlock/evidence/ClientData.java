package dev.interlock.evidence;

import java.util.Map;
import java.util.Optional;

/**
 * What a browser says of what a passkey did (WebAuthn Level 3 §5.8.1), of which members that are not known are passed
 * over: browsers add some on purpose.
 *
 * @param type {@code webauthn.get} where it signed, {@code webauthn.create} where it was made
 * @param challenge base64url, as the browser wrote it
 * @param origin whose page asked
 * @param embedded whether that page stood in somebody else's
 */
public record ClientData(String type, String challenge, String origin, boolean embedded) {

    /** Far more than any browser writes. */
    private static final int MAX_BYTES = 2048;

    /**
     * Reads it.
     *
     * @throws MalformedException if it is not one JSON object with these members, each at most once
     */
    public static ClientData read(byte[] json) {
        if (json.length > MAX_BYTES) {
            throw new MalformedException("the client data is longer than " + MAX_BYTES + " bytes");
        }
        Map<String, Optional<Json>> members = BrowserJson.object(json);
        return new ClientData(
                text(members, "type"),
                text(members, "challenge"),
                text(members, "origin"),
                members.containsKey("topOrigin") || isCross(members));
    }

    private static String text(Map<String, Optional<Json>> members, String name) {
        if (members.getOrDefault(name, Optional.empty()).orElse(new Json.Nothing()) instanceof Json.Text(String text)) {
            return text;
        }
        throw new MalformedException("the client data has no `" + name + "`");
    }

    private static boolean isCross(Map<String, Optional<Json>> members) {
        if (!members.containsKey("crossOrigin")) {
            return false;
        }
        if (members.get("crossOrigin").orElse(new Json.Nothing()) instanceof Json.Flag(boolean cross)) {
            return cross;
        }
        throw new MalformedException("`crossOrigin` of the client data is not true or false");
    }
}
