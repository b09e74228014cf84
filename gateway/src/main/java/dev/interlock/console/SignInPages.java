package dev.interlock.console;

import dev.interlock.admin.Peer;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;

/** The sign-in pages: with a one-time code, with a passkey, and with single sign-on where the seal names a provider. */
final class SignInPages {

    /** The peer before a sign-in. It may ask for the ways to sign in, and for nothing else. */
    private static final Peer STRANGER = new Peer("", new Peer.Entrance.Code());

    /** The name under which failed codes are counted; a code names nobody. */
    private static final String CODE = "code";

    /**
     * Maximum number of passkeys or provider answers that are checked at once. The others wait in turn, and none for
     * long.
     */
    private static final int AT_ONCE = 4;

    private final Sessions sessions;
    private final Semaphore looking = new Semaphore(AT_ONCE, true);
    private final Semaphore calling = new Semaphore(AT_ONCE, true);

    SignInPages(Sessions sessions) {
        this.sessions = sessions;
    }

    Answer page(Asked asked) throws AdminRefusedException {
        Layout layout = new Layout("Sign in", "", Optional.empty());
        Optional<String> elsewhere =
                ask(asked, "login.methods", Json.object()).optionalText("oidc").map(Shown::text);
        return Answer.page(
                Templates.render((output, none) -> JtesigninGenerated.render(output, none, layout, elsewhere)));
    }

    /** Redirects to the provider that the seal names, and to no other. */
    Answer elsewhere(Asked asked) throws AdminRefusedException {
        Json.Members begun = atProvider(asked, "login.oidc.start", Json.object());
        return new Answer.Leaving(
                Json.object().with("to", begun.text("address")),
                begun.text("binding"),
                Duration.ofSeconds(begun.whole("seconds")));
    }

    /**
     * Handles the provider's answer. The answer does not say where to go on. Failed ones are not counted against
     * anybody: the secret cannot be guessed. Otherwise a foreign page that sends browsers here could lock others out.
     */
    Answer returned(Asked asked) throws AdminRefusedException {
        Json.Members kept =
                asked.bindings().isEmpty() ? Json.object() : Json.object().withTexts("bindings", asked.bindings());
        Json.Members said = kept.withOptional("state", asked.field("state"))
                .withOptional("code", asked.field("code"))
                .withOptional("issuer", asked.field("iss"))
                .withOptional("error", asked.field("error"));
        Json.Members result = atProvider(asked, "login.oidc.callback", said);
        Peer.Entrance entrance = new Peer.Entrance.Issuer(result.text("issuer"), result.text("subject"));
        String cookie = open(asked, new Peer(result.text("person"), entrance));
        Layout layout = new Layout("Signed in", "", Optional.empty());
        return new Answer.Arrived(
                Templates.render((output, none) -> JtearrivedGenerated.render(output, none, layout)), cookie);
    }

    /**
     * Runs a command that may ask the provider, with a limit on how many run at once. A client that begins many makes
     * others wait, and no more.
     */
    private Json.Members atProvider(Asked asked, String command, Json.Members arguments) throws AdminRefusedException {
        calling.acquireUninterruptibly();
        try {
            return ask(asked, command, arguments);
        } finally {
            calling.release();
        }
    }

    /**
     * Signs in with a code. A right one works after any number of wrong ones: codes cannot be guessed, and nobody can
     * lock others out.
     */
    Answer code(Asked asked) throws AdminRefusedException {
        Json.Members result;
        try {
            result = ask(
                    asked,
                    "login.code",
                    Json.object().with("code", asked.field("code").orElse("")));
        } catch (AdminRefusedException e) {
            limit(asked.address(), CODE);
            sessions.failed(asked.address(), CODE);
            throw e;
        }
        return in(asked, new Peer(result.text("user"), new Peer.Entrance.Code()));
    }

    Answer options(Asked asked) throws AdminRefusedException {
        return new Answer.Data(200, ask(asked, "login.options", Json.object()));
    }

    /** Signs in with a passkey. A valid one works even after others' failures from the same address, as with codes. */
    Answer passkey(Asked asked) throws AdminRefusedException {
        String assertion = asked.field("assertion").orElse("");
        Json.Members result;
        looking.acquireUninterruptibly();
        try {
            result = ask(
                    asked,
                    "login.finish",
                    Json.object().with("login", asked.field("login").orElse("")).with("assertion", assertion));
        } catch (AdminRefusedException e) {
            String who = claimed(assertion);
            limit(asked.address(), who);
            sessions.failed(asked.address(), who);
            throw e;
        } finally {
            looking.release();
        }
        return in(asked, new Peer(result.text("person"), new Peer.Entrance.Passkey(result.text("credential"))));
    }

    /** Opens a new session and never reuses the one that was there, so that nobody can plant one (session fixation). */
    private Answer in(Asked asked, Peer peer) {
        return new Answer.Entered(Json.object().with("to", "/live"), open(asked, peer));
    }

    private String open(Asked asked, Peer peer) {
        asked.session().ifPresent(old -> sessions.signOut(Optional.of(old.id())));
        return sessions.open(peer, asked.browser());
    }

    Answer out(Asked asked) {
        sessions.signOut(Optional.of(asked.signedIn().id()));
        return new Answer.Elsewhere("/signin", Optional.of(""));
    }

    /** Returns the passkey that the assertion claims to be by. All other claims are counted as one. */
    private static String claimed(String assertion) {
        try {
            Json.Members said = Json.readObject(assertion.getBytes(StandardCharsets.UTF_8));
            return "passkey "
                    + said.optionalText("id")
                            .or(() -> said.optionalText("credential"))
                            .orElse("");
        } catch (MalformedException e) {
            return "passkey";
        }
    }

    private void limit(String address, String who) throws AdminRefusedException {
        if (!sessions.mayTry(address, who)) {
            throw new AdminRefusedException(
                    "unavailable", "Too many sign-in attempts within a minute.", "Try again in a minute.");
        }
    }

    private static Json.Members ask(Asked asked, String command, Json.Members arguments) throws AdminRefusedException {
        List<Json.Members> results = new ArrayList<>();
        asked.commands().run(STRANGER, command, arguments, results::add);
        return results.getFirst();
    }
}
