package dev.interlock.console;

import dev.interlock.action.Bytes;
import dev.interlock.action.Secret;
import dev.interlock.admin.Command;
import dev.interlock.admin.CommandGroup;
import dev.interlock.admin.Peer;
import dev.interlock.adminapi.PersonQuestion;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import java.net.URI;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * The sessions of people who are signed in, and the codes for signing in. Nothing of it outlives the process. Secrets
 * are stored only as digests.
 *
 * <p>Threading: guarded by itself.
 */
public final class Sessions implements CommandGroup {

    /** Limits the idle time of a session: a person who leaves the screen is signed out before lunch is over. */
    static final Duration IDLE = Duration.ofMinutes(30);
    /** Limits the life of a session to a working day. */
    static final Duration LIFE = Duration.ofHours(8);
    /** Limits the life of a code: long enough to walk to another window. */
    static final Duration CODE_LIFE = Duration.ofMinutes(5);
    /** Maximum number of unused codes. */
    static final int MAX_CODES = 16;
    /** Maximum number of sessions. Beyond it the one that has been idle for longest ends. */
    static final int MAX_SESSIONS = 256;
    /** Maximum sessions of one person. Beyond it one of their own ends: nobody signs others out by signing in. */
    static final int MAX_OF_ONE = 16;
    /** Maximum failed attempts of one person within a minute: a person mistypes no more often. */
    static final int MAX_TRIES = 20;
    /** Maximum failed attempts within a minute from one address, for all names. A team may share an address. */
    static final int MAX_OF_ADDRESS = 20 * MAX_TRIES;
    /** Maximum number of pairs of address and name whose attempts are counted. */
    private static final int MAX_COUNTED = 16 * 1024;

    private static final int SECRET_BYTES = 32;

    /** One signed-in browser, by a name that opens nothing, the token of its forms, and its description's digest. */
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

    /** Refuses while the console does not listen: a stranger may listen on its port, and would get the code. */
    @FunctionalInterface
    public interface Listening {
        void require() throws AdminRefusedException;
    }

    private record Code(String user, Instant ends) {}
    /** A client that tries to sign in, by its address and its claim, which is empty in an address's own count. */
    private record SignInAttempt(String address, String who) {}

    private record AttemptCount(Instant since, int count) {}

    private final InstantSource clock;
    private final SecureRandom random;
    private final URI origin;
    private final Listening listening;
    private final Predicate<Peer> stands;
    private final Map<String, Code> codes = new HashMap<>();
    private final Map<String, Session> sessions = new HashMap<>();
    private final Map<SignInAttempt, AttemptCount> tries = new HashMap<>();

    /** {@code stands} says whether who signed in is still the same: a key may be revoked, a person stopped. */
    public Sessions(URI origin, Listening listening, InstantSource clock, SecureRandom random, Predicate<Peer> stands) {
        this.stands = stands;
        this.origin = origin;
        this.listening = listening;
        this.clock = clock;
        this.random = random;
    }

    @Override
    public List<Command<?>> commands() {
        return List.of(
                Command.of(PersonQuestion.MakeConsoleCode.class, request -> {
                    listening.require();
                    PersonQuestion.ConsoleCode code = code(request.peer().user());
                    request.entry()
                            .record(Json.object().with("expires", code.expires().toString()));
                    return code;
                }),
                Command.of(PersonQuestion.ListSessions.class, _ -> sessions()),
                // Ending sessions tightens: it takes effect first, and is recorded if that can be.
                Command.of(PersonQuestion.EndSessions.class, request -> {
                    Optional<String> session = request.question().session();
                    int ended = signOut(session);
                    boolean recorded = request.entry()
                            .done(Json.object().with("ended", ended).withOptional("session", session));
                    return new PersonQuestion.EndedSessions(ended, session, recorded);
                }),
                Command.of(PersonQuestion.LoginByCode.class, request -> {
                    String user = use(request.question().code().<String>use(code -> code))
                            .orElseThrow(() -> new AdminRefusedException(
                                    "not_entitled",
                                    "This code does not open the console: it was used already, is older than five minutes, or is an invitation, which has a field of its own.",
                                    "Get a new one: interlock console"));
                    request.entry().record(Json.object().with("user", user).with("result", "accepted"));
                    return new PersonQuestion.CodeLogin(user);
                }));
    }

    /** Returns a code that opens the console once, in the name of {@code user}, for anybody who has the code. */
    synchronized PersonQuestion.ConsoleCode code(String user) throws AdminRefusedException {
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
        return new PersonQuestion.ConsoleCode(
                new Secret(origin + "/signin#" + code), origin.toString(), new Secret(code), ends);
    }

    /**
     * Returns whether {@code who} may try once more to sign in from {@code address}. The answer is false after too many
     * failed attempts. Guesses for one name do not block others, until there are too many from one address.
     *
     * @param who the name that the client claims, which may be anything
     */
    synchronized boolean mayAttempt(String address, String who) {
        Instant now = clock.instant();
        // Entries from the future are dropped too: a clock that was set back locks nobody out.
        tries.values()
                .removeIf(past ->
                        now.isBefore(past.since()) || !now.isBefore(past.since().plus(Duration.ofMinutes(1))));
        return wrong(new SignInAttempt(address, digest(who))) < MAX_TRIES
                && wrong(new SignInAttempt(address, "")) < MAX_OF_ADDRESS;
    }

    private int wrong(SignInAttempt trying) {
        return Optional.ofNullable(tries.get(trying)).map(AttemptCount::count).orElse(0);
    }

    synchronized void failed(String address, String who) {
        for (SignInAttempt trying : List.of(new SignInAttempt(address, digest(who)), new SignInAttempt(address, ""))) {
            if (tries.size() < MAX_COUNTED || tries.containsKey(trying)) {
                tries.merge(
                        trying,
                        new AttemptCount(clock.instant(), 1),
                        (old, _) -> new AttemptCount(old.since(), old.count() + 1));
            }
        }
    }

    /** Returns the user of the machine who was given {@code code}, and makes it invalid; empty if it is not valid. */
    synchronized Optional<String> use(String code) {
        Code used = codes.remove(digest(code));
        return used != null && clock.instant().isBefore(used.ends()) ? Optional.of(used.user()) : Optional.empty();
    }

    synchronized String open(Peer peer, String browser) {
        Instant now = clock.instant();
        sessions.values().removeIf(session -> !now.isBefore(session.ends()));
        boolean tooMany = sessions.values().stream()
                        .filter(session -> session.peer().identification().equals(peer.identification()))
                        .count()
                >= MAX_OF_ONE;
        if (tooMany || sessions.size() >= MAX_SESSIONS) {
            sessions.entrySet().stream()
                    .filter(entry ->
                            !tooMany || entry.getValue().peer().identification().equals(peer.identification()))
                    .min(Comparator.comparing(entry -> entry.getValue().seen()))
                    .map(Map.Entry::getKey)
                    .ifPresent(sessions::remove);
        }
        String cookie = secret();
        String id = "S-" + secret().substring(0, 12);
        sessions.put(digest(cookie), new Session(id, peer.in(id), secret(), digest(browser), now, now));
        return cookie;
    }

    synchronized Optional<Session> find(String cookie, String browser) {
        Optional<Session> found = current(cookie, browser).map(session -> session.seenAt(clock.instant()));
        found.ifPresent(session -> sessions.put(digest(cookie), session));
        return found;
    }

    /** Returns whether the session is still in force. This check does not count as activity. */
    synchronized boolean isInForce(String cookie, String browser) {
        return current(cookie, browser).isPresent();
    }

    private Optional<Session> current(String cookie, String browser) {
        return Optional.ofNullable(sessions.get(digest(cookie)))
                .filter(session -> clock.instant().isBefore(session.ends()))
                .filter(session -> session.browser().equals(digest(browser)))
                .filter(session -> stands.test(session.peer()));
    }

    synchronized PersonQuestion.Sessions sessions() {
        Instant now = clock.instant();
        return new PersonQuestion.Sessions(sessions.values().stream()
                .filter(session -> now.isBefore(session.ends()))
                .sorted(Comparator.comparing(Session::since))
                .map(session -> new PersonQuestion.Session(
                        session.id(),
                        session.peer().user(),
                        by(session.peer()),
                        session.since(),
                        session.seen(),
                        session.ends()))
                .toList());
    }

    private static String by(Peer peer) {
        return switch (peer.entrance()) {
            case Peer.SignInMethod.Passkey _ -> "passkey";
            case Peer.SignInMethod.OpenIdProvider(String issuer, String _) -> issuer;
            case Peer.SignInMethod.Invitation _, Peer.SignInMethod.OneTimeCode _, Peer.SignInMethod.Socket _ -> "code";
        };
    }

    /** Ends one session, or all; returns how many they were. */
    synchronized int signOut(Optional<String> session) {
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
