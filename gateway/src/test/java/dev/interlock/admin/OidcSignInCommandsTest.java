package dev.interlock.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.interlock.action.Seal;
import dev.interlock.action.Secret;
import dev.interlock.adminapi.PersonQuestion;
import dev.interlock.adminapi.RecordJson;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import dev.interlock.ledger.LedgerUnavailableException;
import dev.interlock.signin.OidcSignIn;
import dev.interlock.testing.Fixtures;
import dev.interlock.testing.LyingProvider;
import dev.interlock.testing.TestingClock;
import java.io.IOException;
import java.net.URI;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests whom of the seal's people single sign-on lets in, and what is recorded about it. */
@Timeout(300)
final class OidcSignInCommandsTest {

    private final TestingClock clock = new TestingClock();
    private final Set<String> killed = new HashSet<>();
    private final List<Json.Members> recorded = new ArrayList<>();
    private LyingProvider provider;
    private OidcSignIn signIns;
    private OidcSignInCommands commands;

    @BeforeEach
    void open() throws IOException {
        provider = new LyingProvider(clock);
        signIns = new OidcSignIn(
                URI.create("http://localhost:7412/signin/returned"),
                Optional::empty,
                Optional::empty,
                clock,
                new SecureRandom());
        commands = new OidcSignInCommands(signIns, killed::contains);
    }

    @AfterEach
    void close() {
        signIns.close();
        provider.close();
    }

    private Seal seal(String subject) {
        return Fixtures.seal().with(parts -> {
            parts.signIn = Optional.of(provider.sealed());
            parts.people = Map.of(
                    "ann", new Seal.Person("ann", Set.of("owners"), List.of(), Optional.of(subject)),
                    "bob", new Seal.Person("bob", Set.of("owners"), List.of(), Optional.empty()));
        });
    }

    /** Returns the callback of a browser that was redirected and let in. */
    private PersonQuestion.FinishOidc returned(Seal seal) throws AdminRefusedException {
        PersonQuestion.BegunOidc begun = commands.begin(seal);
        Map<String, String> query = LyingProvider.query(URI.create(begun.address()));
        provider.nonce = query.get("nonce");
        return new PersonQuestion.FinishOidc(
                Set.of(begun.binding().<String>use(binding -> binding)),
                Optional.of(query.get("state")),
                Optional.of(new Secret("a code")),
                Optional.of(provider.issuer()),
                Optional.empty());
    }

    private String record(Json.Members told) {
        recorded.add(told);
        return "R-1";
    }

    private String refused(Seal seal) throws AdminRefusedException {
        PersonQuestion.FinishOidc returned = returned(seal);
        String kind = catchThrowableOfType(
                        AdminRefusedException.class, () -> commands.finish(seal, returned, this::record))
                .kind();
        assertThat(recorded).isEmpty();
        return kind;
    }

    @Test
    void aSealedPersonsSignInIsRecorded() throws Exception {
        Seal seal = seal(LyingProvider.SUBJECT);
        PersonQuestion.OidcLogin in = commands.finish(seal, returned(seal), this::record);
        assertThat(in.person()).isEqualTo("ann");
        assertThat(in.issuer()).isEqualTo(provider.issuer());
        assertThat(in.subject()).isEqualTo(LyingProvider.SUBJECT);
        assertThat(recorded)
                .singleElement()
                .satisfies(told -> assertThat(told.canonicalText())
                        .isEqualTo(RecordJson.write(in)
                                .without(Set.of("person"))
                                .with("signer", "ann")
                                .with("result", "accepted")
                                .canonicalText()));
    }

    @Test
    void anUnknownPersonCannotSignIn() throws Exception {
        assertThat(refused(seal("another"))).isEqualTo("not_entitled");
        assertThat(refused(seal(LyingProvider.SUBJECT.toLowerCase(java.util.Locale.ROOT))))
                .isEqualTo("not_entitled");
    }

    @Test
    void aKilledPersonCannotSignIn() throws Exception {
        killed.add("ann");
        assertThat(refused(seal(LyingProvider.SUBJECT))).isEqualTo("refused");
    }

    @Test
    void anUnrecordableSignInIsRefused() throws Exception {
        Seal seal = seal(LyingProvider.SUBJECT);
        PersonQuestion.FinishOidc returned = returned(seal);
        assertThatThrownBy(() -> commands.finish(seal, returned, _ -> {
                    throw new LedgerUnavailableException("the disk is full");
                }))
                .isInstanceOf(LedgerUnavailableException.class);
    }

    @Test
    void withoutASealedProviderThereIsNoSingleSignOn() throws Exception {
        Seal seal = seal(LyingProvider.SUBJECT);
        PersonQuestion.FinishOidc returned = returned(seal);
        Seal without = seal.with(parts -> parts.signIn = Optional.empty());
        assertThat(OidcSignInCommands.ways(Optional.of(without)).oidc()).isEmpty();
        assertThatThrownBy(() -> commands.begin(without)).isInstanceOf(AdminRefusedException.class);
        assertThatThrownBy(() -> commands.finish(without, returned, this::record))
                .isInstanceOf(AdminRefusedException.class)
                .hasMessageContaining("defines no single sign-on provider");
        assertThat(recorded).isEmpty();
    }
}
