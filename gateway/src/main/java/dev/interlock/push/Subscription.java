package dev.interlock.push;

import dev.interlock.action.Bytes;
import dev.interlock.action.Secret;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Set;

/**
 * What a browser's {@code PushSubscription} says: where messages for it go, and how they are encrypted.
 *
 * @param endpoint its address at a push service; whoever knows it may try to send there
 * @param key its public key, an uncompressed point of P-256
 * @param auth the secret that it shares with its senders
 */
record Subscription(Secret endpoint, Bytes key, Secret auth) {

    /** RFC 8291 §3.2. */
    static final int AUTH_BYTES = 16;
    /** Limits the length of the text. A real one has less than a kilobyte. */
    static final int MAX_TEXT = 4096;

    private static final Set<String> MEMBERS = Set.of("endpoint", "expirationTime", "keys");
    private static final Set<String> KEYS = Set.of("auth", "p256dh");

    /**
     * Reads the browser's own JSON, in the spelling of RFC 8785.
     *
     * @throws MalformedException if it is nothing that a browser gives
     * @throws IllegalArgumentException if it is at no known service; no message contains the address
     */
    static Subscription read(String text, PushServices services) {
        if (text.length() > MAX_TEXT) {
            throw new MalformedException("the browser's subscription is longer than " + MAX_TEXT + " characters");
        }
        Json.Members said = Json.readObject(text.getBytes(StandardCharsets.UTF_8));
        only(said, MEMBERS);
        only(said.object("keys"), KEYS);
        return of(
                said.text("endpoint"),
                said.object("keys").text("p256dh"),
                said.object("keys").text("auth"),
                services);
    }

    static Subscription of(String endpoint, String key, String auth, PushServices services) {
        services.require(endpoint);
        Bytes point = Bytes.of(decoded(key));
        MessageEncryption.requirePoint(point);
        if (decoded(auth).length != AUTH_BYTES) {
            throw new MalformedException("the browser's secret does not have " + AUTH_BYTES + " bytes");
        }
        return new Subscription(new Secret(endpoint), point, new Secret(auth));
    }

    private static void only(Json.Members said, Set<String> known) {
        if (!known.containsAll(said.members().keySet())) {
            throw new MalformedException("the browser's subscription has a member that is not known");
        }
    }

    private static byte[] decoded(String text) {
        try {
            return Base64.getUrlDecoder().decode(text);
        } catch (IllegalArgumentException _) {
            throw new MalformedException("a key of the browser is not base64url"); // no cause: it quotes the text
        }
    }

    URI address() {
        return endpoint.use(URI::create);
    }

    byte[] authBytes() {
        return auth.use(Subscription::decoded);
    }

    /** Returns the name under which people see it. It opens nothing. */
    String name() {
        return "D-" + endpoint.use(text -> Bytes.utf8(text).sha256()).substring(0, 24);
    }

    /** Returns the members that {@link #of} takes; they contain its secrets. */
    Json.Members json() {
        return Json.object()
                .with("endpoint", endpoint.<String>use(text -> text))
                .with("p256dh", Base64.getUrlEncoder().withoutPadding().encodeToString(key.toArray()))
                .with("auth", auth.<String>use(text -> text));
    }
}
