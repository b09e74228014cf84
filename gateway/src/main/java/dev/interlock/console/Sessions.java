package dev.interlock.console;

import dev.interlock.action.Bytes;
import dev.interlock.admin.ConsoleCommands;
import dev.interlock.admin.Peer;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import java.net.URI;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Who is signed in, and the codes by which they come in. Nothing of it outlives the process, and of what is secret only
 * digests are kept.
 *
 * <p>Threading: guarded by itself.
 */
public final class Sessions implements ConsoleCommands {

    /** Whoever leaves the screen is signed out before lunch is over. */
    static final Duration IDLE = Duration.ofMinutes(30);

    /** A working day. */
    static final Duration LIFE = Duration.ofHours(8);

    /** Long enough to walk to another window. */
    static final Duration CODE_LIFE = Duration.ofMinutes(5);

    /** More codes than these wait for nobody. */
    static final int MAX_CODES = 16;

    /** Beyond these the one that has been idle for longest ends. */
    static final int MAX_SESSIONS = 256;

    /** Beyond these it is one of their own: nobody signs others out by signing in. */
    static final int MAX_OF_ONE = 16;

    /** What a person mistypes within a minute; a program that guesses gets no further. */
    static final int MAX_TRIES = 20;

    /** Of all whom one address says that they are, within a minute: a team may share it. */
    static final int MAX_OF_ADDRESS = 20 * MAX_TRIES;

    /** Who tries and tries again is counted, as long as there are no more of them than this. */
    private static final int MAX_COUNTED = 16 * 1024;

    private static final int SECRET_BYTES = 32;

    /**
     * One browser that somebody is signed in with.
     *
     * @param id to name it by; opens nothing
     * @param peer in whose name it asks
     * @param csrf what each of its forms carries
     * @param browser the digest of what it says it is
     */
    record Session(String id, Peer peer, String csrf, String browser, Instant since, Instant seen) {

        private Session seenAt(Instant now) {
            return new Session(id, peer, csrf, browser, since, now);
        }

        Instant ends() {
            Instant idle = seen.plus(IDLE);
            Instant old = since.plus(LIFE);
            return idle.isBefore(old) ? idle : old;
        }
    }

    private record Code(String user, Instant ends) {}

    /** Who tries, by what they say of themselves; empty for all of an address. */
    private record Trying(String address, String who) {}

    private record Tries(Instant since, int count) {}

    private final InstantSource clock;
    private final SecureRandom random;
    private final Optional<URI> origin;
    private final Predicate<Peer> stands;
    private final Map<String, Code> codes = new HashMap<>();
    private final Map<String, Session> sessions = new HashMap<>();
    private final Map<Trying, Tries> tries = new HashMap<>();

    /**
     * Nobody is signed in yet.
     *
     * @param origin of the console; empty if there is none
     * @param stands whether somebody who signed in still is who they were: a key may be revoked, a person stopped
     */
    public Sessions(Optional<URI> origin, InstantSource clock, SecureRandom random, Predicate<Peer> stands) {
        this.stands = stands;
        this.origin = origin;
        this.clock = clock;
        this.random = random;
    }

    @Override
    public synchronized Json.Members code(String user) throws AdminRefusedException {
        URI at = origin.orElseThrow(() -> new AdminRefusedException(
                "unavailable", "This gateway has no console.", "`console` in gateway.yaml says where it listens."));
        Instant now = clock.instant();
        codes.values().removeIf(code -> !now.isBefore(code.ends()));
        if (codes.size() >= MAX_CODES) {
            throw new AdminRefusedException(
                    "unavailable",
                    "There are " + MAX_CODES + " unused codes.",
                    "Use one of them, or ask again in five minutes.");
        }
        String code = secret();
        Instant ends = now.plus(CODE_LIFE);
        codes.put(digest(code), new Code(user, ends));
        return Json.object()
                .with("address", at + "/signin#" + code)
                .with("origin", at.toString())
                .with("code", code)
                .with("expires", ends.toString());
    }

    /**
     * Whether {@code who} may try once more to sign in from {@code address}: too many of these tries were wrong lately.
     * Whoever guesses for one is not in the way of others, until it is too much for one address.
     *
     * @param who as they call themselves, which may be anything
     */
    synchronized boolean mayTry(String address, String who) {
        Instant now = clock.instant();
        // Of what is yet to come nothing is kept either: a clock that was set back shuts nobody out.
        tries.values()
                .removeIf(past ->
                        now.isBefore(past.since()) || !now.isBefore(past.since().plus(Duration.ofMinutes(1))));
        return wrong(new Trying(address, digest(who))) < MAX_TRIES && wrong(new Trying(address, "")) < MAX_OF_ADDRESS;
    }

    private int wrong(Trying trying) {
        return Optional.ofNullable(tries.get(trying)).map(Tries::count).orElse(0);
    }

    /** Counts a wrong one. */
    synchronized void failed(String address, String who) {
        for (Trying trying : List.of(new Trying(address, digest(who)), new Trying(address, ""))) {
            if (tries.size() < MAX_COUNTED || tries.containsKey(trying)) {
                tries.merge(trying, new Tries(clock.instant(), 1), (old, _) -> new Tries(old.since(), old.count() + 1));
            }
        }
    }

    @Override
    public synchronized Optional<String> use(String code) {
        Code used = codes.remove(digest(code));
        return used != null && clock.instant().isBefore(used.ends()) ? Optional.of(used.user()) : Optional.empty();
    }

    /** Signs {@code peer} in; returns what the browser's cookie holds. */
    synchronized String open(Peer peer, String browser) {
        Instant now = clock.instant();
        sessions.values().removeIf(session -> !now.isBefore(session.ends()));
        boolean tooMany = sessions.values().stream()
                        .filter(session -> session.peer().identification().equals(peer.identification()))
                        .count()
                >= MAX_OF_ONE;
        if (tooMany || sessions.size() >= MAX_SESSIONS) {
            sessions.entrySet().stream()
                    .filter(entry -> !tooMany || entry.getValue().peer().identification().equals(peer.identification()))
                    .min(Comparator.comparing(entry -> entry.getValue().seen()))
                    .map(Map.Entry::getKey)
                    .ifPresent(sessions::remove);
        }
        String cookie = secret();
        String id = "S-" + secret().substring(0, 12);
        sessions.put(digest(cookie), new Session(id, peer.in(id), secret(), digest(browser), now, now));
        return cookie;
    }

    /** The session of {@code cookie}, if it is in force and it is the same browser. */
    synchronized Optional<Session> find(String cookie, String browser) {
        Optional<Session> found = current(cookie, browser).map(session -> session.seenAt(clock.instant()));
        found.ifPresent(session -> sessions.put(digest(cookie), session));
        return found;
    }

    /** Whether it still is in force; to ask this keeps nobody signed in. */
    synchronized boolean isInForce(String cookie, String browser) {
        return current(cookie, browser).isPresent();
    }

    private Optional<Session> current(String cookie, String browser) {
        return Optional.ofNullable(sessions.get(digest(cookie)))
                .filter(session -> clock.instant().isBefore(session.ends()))
                .filter(session -> session.browser().equals(digest(browser)))
                .filter(session -> stands.test(session.peer()));
    }

    @Override
    public synchronized Json.Members sessions() {
        Instant now = clock.instant();
        List<Json> in = new ArrayList<>();
        sessions.values().stream()
                .filter(session -> now.isBefore(session.ends()))
                .sorted(Comparator.comparing(Session::since))
                .forEach(session -> in.add(Json.object()
                        .with("session", session.id())
                        .with("who", session.peer().user())
                        .with("by", by(session.peer()))
                        .with("since", session.since().toString())
                        .with("seen", session.seen().toString())
                        .with("ends", session.ends().toString())));
        return Json.object().with("sessions", new Json.Array(in));
    }

    private static String by(Peer peer) {
        return switch (peer.entrance()) {
            case Peer.Entrance.Passkey _ -> "passkey";
            case Peer.Entrance.Issuer(String issuer, String _) -> issuer;
            case Peer.Entrance.Code _, Peer.Entrance.Socket _ -> "code";
        };
    }

    @Override
    public synchronized int signOut(Optional<String> session) {
        int before = sessions.size();
        sessions.values().removeIf(one -> session.isEmpty() || session.get().equals(one.id()));
        return before - sessions.size();
    }

    private String secret() {
        byte[] bytes = new byte[SECRET_BYTES];
        random.nextBytes(bytes);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    private static String digest(String secret) {
        return Bytes.utf8(secret).sha256();
    }
}
