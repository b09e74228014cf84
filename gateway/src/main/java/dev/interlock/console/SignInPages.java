package dev.interlock.console;

import dev.interlock.action.Secret;
import dev.interlock.admin.Peer;
import dev.interlock.adminapi.PersonQuestion;
import dev.interlock.adminapi.Question;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.function.Function;
import java.util.regex.Pattern;

/** The sign-in pages: with a one-time code, with a passkey, and with single sign-on where the seal names a provider. */
final class SignInPages {

    /** The peer before a sign-in. It may ask for the ways to sign in, and for nothing else. */
    private static final Peer STRANGER = new Peer("", new Peer.SignInMethod.OneTimeCode());
    /** The name under which failed codes are counted; a code names nobody. */
    private static final String CODE = "code";

    private static final String INVITATION = "invitation";
    /** Maximum number of passkeys or provider answers that are checked at once; the others wait in turn. */
    private static final int AT_ONCE = 4;

    /** The pages to which a sign-in goes on: those of the menu, and single holds. */
    private static final Pattern PAGES = Pattern.compile("/[a-z]{4,9}|/holds/[HS]-[0-9A-Z]{26,34}");

    private final Sessions sessions;
    private final Semaphore looking = new Semaphore(AT_ONCE, true);
    private final Semaphore calling = new Semaphore(AT_ONCE, true);

    SignInPages(Sessions sessions) {
        this.sessions = sessions;
    }

    ConsoleAnswer page(ConsoleRequest request) throws AdminRefusedException {
        Layout layout = new Layout("Sign in", "", Optional.empty());
        Optional<String> elsewhere =
                ask(request, new PersonQuestion.ListLoginMethods()).oidc().map(DisplayText::text);
        return ConsoleAnswer.page((output, none) -> JtesigninGenerated.render(output, none, layout, elsewhere));
    }

    /**
     * Returns the address of the sign-in page for somebody who asked for {@code path}, to which it goes on: links are
     * in messages, and people are in a hurry. It names nothing but pages of ours.
     */
    static String pathBefore(String path) {
        return PAGES.matcher(path).matches() && !path.equals("/live") ? "/signin?to=" + path : "/signin";
    }

    /** Redirects to the provider that the seal names, and to no other. */
    ConsoleAnswer elsewhere(ConsoleRequest request) throws AdminRefusedException {
        PersonQuestion.BegunOidc begun = atProvider(request, new PersonQuestion.BeginOidc());
        return new ConsoleAnswer.Data(
                Json.object().with("to", begun.address()),
                List.of(new ConsoleAnswer.NewCookie.BindingCookie(
                        begun.binding().<String>use(binding -> binding), Duration.ofSeconds(begun.seconds()))));
    }

    /** Handles the provider's answer. Failures count against nobody: a foreign page could else lock others out. */
    ConsoleAnswer returned(ConsoleRequest request) throws AdminRefusedException {
        PersonQuestion.OidcLogin result = atProvider(
                request,
                new PersonQuestion.FinishOidc(
                        Set.copyOf(request.bindings()),
                        request.field("state"),
                        request.field("code").map(Secret::new),
                        request.field("iss"),
                        request.field("error")));
        Peer.SignInMethod entrance = new Peer.SignInMethod.OpenIdProvider(result.issuer(), result.subject());
        String cookie = open(request, new Peer(result.person(), entrance));
        Layout layout = new Layout("Signed in", "", Optional.empty());
        return new ConsoleAnswer.Page(
                Templates.render((output, none) -> JtesignedinGenerated.render(output, none, layout)),
                List.of(
                        new ConsoleAnswer.NewCookie.SessionCookie(cookie),
                        new ConsoleAnswer.NewCookie.BindingCookie("", Duration.ZERO)));
    }

    /** Runs a command that may ask the provider, a few at once: a client that begins many only makes others wait. */
    private <A extends Record> A atProvider(ConsoleRequest request, Question<A> question) throws AdminRefusedException {
        calling.acquireUninterruptibly();
        try {
            return ask(request, question);
        } finally {
            calling.release();
        }
    }

    /** Signs in with a code. A right one works after any number of wrong ones, so nobody can lock others out. */
    ConsoleAnswer code(ConsoleRequest request) throws AdminRefusedException {
        PersonQuestion.CodeLogin result;
        try {
            Secret code = new Secret(request.field("code").orElse(""));
            result = ask(request, new PersonQuestion.LoginByCode(code));
        } catch (AdminRefusedException e) {
            limit(request.address(), CODE);
            sessions.failed(request.address(), CODE);
            throw e;
        }
        return in(request, new Peer(result.user(), new Peer.SignInMethod.OneTimeCode()));
    }

    /** Begins the first passkey of somebody who was invited. Without a valid invitation nothing begins. */
    ConsoleAnswer invited(ConsoleRequest request) throws AdminRefusedException {
        return byInvitation(request, code -> new PersonQuestion.BeginPasskey(person(request), Optional.of(code)));
    }

    /** Ends what {@link #invited} has begun. It opens no session: the new passkey does. */
    ConsoleAnswer enrolled(ConsoleRequest request) throws AdminRefusedException {
        return byInvitation(
                request,
                code -> new PersonQuestion.FinishPasskey(
                        request.field("enrolment").orElse(""),
                        new Json.Text(request.field("credential").orElse("")),
                        Optional.of(code)));
    }

    private <A extends Record> ConsoleAnswer byInvitation(
            ConsoleRequest request, Function<Secret, Question<A>> question) throws AdminRefusedException {
        String code = request.field("code").orElse("");
        Peer guest = new Peer(person(request), new Peer.SignInMethod.Invitation());
        try {
            if (code.isEmpty()) {
                throw new AdminRefusedException(
                        "not_entitled",
                        "A first passkey needs an invitation.",
                        "Ask root on the gateway's machine to run `interlock key invite PERSON`.");
            }
            return ConsoleAnswer.data(request.commands().ask(guest, question.apply(new Secret(code))));
        } catch (AdminRefusedException e) {
            limit(request.address(), INVITATION);
            sessions.failed(request.address(), INVITATION);
            throw e;
        }
    }

    private static String person(ConsoleRequest request) {
        return request.field("person").orElse("");
    }

    ConsoleAnswer options(ConsoleRequest request) throws AdminRefusedException {
        return ConsoleAnswer.data(ask(request, new PersonQuestion.BeginLogin()));
    }

    /** Signs in with a passkey. A valid one works even after others' failures from the same address, as with codes. */
    ConsoleAnswer passkey(ConsoleRequest request) throws AdminRefusedException {
        String assertion = request.field("assertion").orElse("");
        PersonQuestion.PasskeyLogin result;
        looking.acquireUninterruptibly();
        try {
            result = ask(
                    request,
                    new PersonQuestion.FinishLogin(request.field("login").orElse(""), new Json.Text(assertion)));
        } catch (AdminRefusedException e) {
            String who = claimed(assertion);
            limit(request.address(), who);
            sessions.failed(request.address(), who);
            throw e;
        } finally {
            looking.release();
        }
        return in(request, new Peer(result.person(), new Peer.SignInMethod.Passkey(result.credential())));
    }

    /** Opens a new session and never reuses the one that was there, so that nobody can plant one (session fixation). */
    private ConsoleAnswer in(ConsoleRequest request, Peer peer) {
        return new ConsoleAnswer.Data(
                Json.object().with("to", "/live"),
                List.of(new ConsoleAnswer.NewCookie.SessionCookie(open(request, peer))));
    }

    private String open(ConsoleRequest request, Peer peer) {
        request.session().ifPresent(old -> sessions.signOut(Optional.of(old.id())));
        return sessions.open(peer, request.browser());
    }

    ConsoleAnswer out(ConsoleRequest request) {
        sessions.signOut(Optional.of(request.signedIn().id()));
        return new ConsoleAnswer.RedirectAnswer("/signin", List.of(new ConsoleAnswer.NewCookie.SessionCookie("")));
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
        if (!sessions.mayAttempt(address, who)) {
            throw new AdminRefusedException(
                    "unavailable", "Too many sign-in attempts within a minute.", "Try again in a minute.");
        }
    }

    private static <A extends Record> A ask(ConsoleRequest request, Question<A> question) throws AdminRefusedException {
        return request.commands().ask(STRANGER, question);
    }
}
