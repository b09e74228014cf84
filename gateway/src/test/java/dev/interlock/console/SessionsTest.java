package dev.interlock.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.admin.Peer;
import dev.interlock.adminapi.RecordJson;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.testing.TestingClock;
import java.net.URI;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SessionsTest {

    private static final Peer SAM = new Peer("sam", new Peer.SignInMethod.Passkey("c2Ft"));
    private static final String BROWSER = "A browser";

    private final TestingClock clock = new TestingClock();
    private final Sessions sessions =
            new Sessions(URI.create("http://localhost:7412"), () -> {}, clock, new SecureRandom(), _ -> true);

    @Test
    void aCodeOpensOneSessionForItsPerson() throws AdminRefusedException {
        String code = sessions.code("root").code().<String>use(text -> text);
        assertThat(sessions.use(code)).contains("root");
        assertThat(sessions.use(code)).isEmpty();
        assertThat(sessions.use("")).isEmpty();
    }

    @Test
    void aCodeIsOnlyInTheUrlFragment() throws AdminRefusedException {
        URI address = URI.create(sessions.code("root").address().<String>use(text -> text));
        assertThat(address.getPath()).isEqualTo("/signin");
        assertThat(address.getQuery()).isNull();
        assertThat(sessions.use(address.getFragment())).isPresent();
    }

    @Test
    void aCodeExpiresAfterFiveMinutes() throws AdminRefusedException {
        String code = sessions.code("root").code().<String>use(text -> text);
        clock.pass(Sessions.CODE_LIFE);
        assertThat(sessions.use(code)).isEmpty();
    }

    /** Its passkey was revoked, or its person stopped. */
    @Test
    void aSessionEndsWithItsPerson() {
        Set<String> standing = new HashSet<>(Set.of(SAM.user()));
        Sessions some = new Sessions(
                URI.create("http://localhost:7412"),
                () -> {},
                clock,
                new SecureRandom(),
                peer -> standing.contains(peer.user()));
        String cookie = some.open(SAM, BROWSER);
        assertThat(some.find(cookie, BROWSER)).isPresent();
        standing.clear();
        assertThat(some.isInForce(cookie, BROWSER)).isFalse();
        assertThat(some.find(cookie, BROWSER)).isEmpty();
    }

    @Test
    void pendingCodesAreLimited() throws AdminRefusedException {
        for (int i = 0; i < Sessions.MAX_CODES; i++) {
            sessions.code("root");
        }
        assertThatThrownBy(() -> sessions.code("root")).isInstanceOf(AdminRefusedException.class);
        clock.pass(Sessions.CODE_LIFE);
        assertThat(sessions.code("root").code().<String>use(text -> text)).isNotEmpty();
    }

    @Test
    void anUnusedSessionExpires() {
        String cookie = sessions.open(SAM, BROWSER);
        clock.pass(Sessions.IDLE.minusSeconds(1));
        assertThat(sessions.find(cookie, BROWSER)).isPresent();
        clock.pass(Sessions.IDLE.minusSeconds(1));
        assertThat(sessions.isInForce(cookie, BROWSER)).isTrue(); // this check does not count as activity
        clock.pass(Duration.ofSeconds(1));
        assertThat(sessions.find(cookie, BROWSER)).isEmpty();
    }

    @Test
    void aUsedSessionExpiresToo() {
        String cookie = sessions.open(SAM, BROWSER);
        for (Duration used = Duration.ZERO; used.compareTo(Sessions.LIFE) < 0; used = used.plusMinutes(20)) {
            assertThat(sessions.find(cookie, BROWSER)).isPresent();
            clock.pass(Duration.ofMinutes(20));
        }
        assertThat(sessions.find(cookie, BROWSER)).isEmpty();
    }

    @Test
    void aSessionBelongsToOneBrowser() {
        String cookie = sessions.open(SAM, BROWSER);
        assertThat(sessions.find(cookie, "Another browser")).isEmpty();
        Sessions.Session session = sessions.find(cookie, BROWSER).orElseThrow();
        assertThat(session.peer()).isEqualTo(SAM.in(session.id()));
    }

    @Test
    void noReportedValueOpensASession() throws AdminRefusedException {
        String cookie = sessions.open(SAM, BROWSER);
        String code = sessions.code("root").code().<String>use(text -> text);
        String told = RecordJson.write(sessions.sessions()).canonicalText();
        assertThat(told).contains("sam").doesNotContain(cookie).doesNotContain(code);
        String csrf = sessions.find(cookie, BROWSER).orElseThrow().csrf();
        assertThat(told).doesNotContain(csrf);
    }

    @Test
    void aSessionIsEndedByItsNameOrWithAll() {
        String one = sessions.open(SAM, BROWSER);
        String other = sessions.open(SAM, BROWSER);
        String id = sessions.find(one, BROWSER).orElseThrow().id();
        assertThat(sessions.signOut(Optional.of(id))).isEqualTo(1);
        assertThat(sessions.find(one, BROWSER)).isEmpty();
        assertThat(sessions.find(other, BROWSER)).isPresent();
        assertThat(sessions.signOut(Optional.empty())).isEqualTo(1);
        assertThat(sessions.find(other, BROWSER)).isEmpty();
    }

    @Test
    void onlyTheGuessingAddressMustWait() {
        for (int i = 0; i < Sessions.MAX_TRIES; i++) {
            assertThat(sessions.mayAttempt("10.0.0.1", "ann")).isTrue();
            sessions.failed("10.0.0.1", "ann");
        }
        assertThat(sessions.mayAttempt("10.0.0.1", "ann")).isFalse();
        assertThat(sessions.mayAttempt("10.0.0.1", "sam")).isTrue();
        assertThat(sessions.mayAttempt("10.0.0.2", "ann")).isTrue();
        clock.pass(Duration.ofMinutes(1));
        assertThat(sessions.mayAttempt("10.0.0.1", "ann")).isTrue();
    }

    /** A new name for each attempt does not circumvent the limit. */
    @Test
    void anAddressGuessingForManyMustWait() {
        for (int i = 0; i < Sessions.MAX_OF_ADDRESS; i++) {
            assertThat(sessions.mayAttempt("10.0.0.1", "somebody " + i)).isTrue();
            sessions.failed("10.0.0.1", "somebody " + i);
        }
        assertThat(sessions.mayAttempt("10.0.0.1", "somebody else")).isFalse();
        assertThat(sessions.mayAttempt("10.0.0.2", "somebody else")).isTrue();
        clock.pass(Duration.ofMinutes(1));
        assertThat(sessions.mayAttempt("10.0.0.1", "somebody else")).isTrue();
    }

    /** A person who signs in again and again ends only sessions of their own. */
    @Test
    void signingInSignsNobodyElseOut() {
        String sam = sessions.open(SAM, BROWSER);
        Peer ann = new Peer("ann", new Peer.SignInMethod.OpenIdProvider("https://id.example", "a-1"));
        String first = sessions.open(ann, BROWSER);
        for (int i = 0; i < Sessions.MAX_SESSIONS; i++) {
            clock.pass(Duration.ofMillis(1));
            sessions.open(ann, BROWSER);
        }
        assertThat(sessions.isInForce(sam, BROWSER)).isTrue();
        assertThat(sessions.isInForce(first, BROWSER)).isFalse();
        assertThat(sessions.sessions().sessions()).hasSize(Sessions.MAX_OF_ONE + 1);
    }

    @Test
    void aUserCalledLikeAPersonEndsNoSessionOfTheirs() {
        Peer person = new Peer("ann", new Peer.SignInMethod.Passkey("c"));
        String hers = sessions.open(person, BROWSER);
        for (int i = 0; i <= Sessions.MAX_OF_ONE; i++) {
            clock.pass(Duration.ofMillis(1));
            sessions.open(new Peer("ann", new Peer.SignInMethod.OneTimeCode()), BROWSER);
        }
        assertThat(sessions.isInForce(hers, BROWSER)).isTrue();
        assertThat(sessions.sessions().sessions()).hasSize(Sessions.MAX_OF_ONE + 1);
    }
}
