package dev.interlock.people;

import com.yubico.webauthn.AssertionRequest;
import com.yubico.webauthn.AssertionResult;
import com.yubico.webauthn.CredentialRepository;
import com.yubico.webauthn.FinishAssertionOptions;
import com.yubico.webauthn.FinishRegistrationOptions;
import com.yubico.webauthn.RegisteredCredential;
import com.yubico.webauthn.RegistrationResult;
import com.yubico.webauthn.RelyingParty;
import com.yubico.webauthn.data.AssertionExtensionInputs;
import com.yubico.webauthn.data.AttestationConveyancePreference;
import com.yubico.webauthn.data.AuthenticatorAssertionResponse;
import com.yubico.webauthn.data.AuthenticatorAttestationResponse;
import com.yubico.webauthn.data.AuthenticatorTransport;
import com.yubico.webauthn.data.ByteArray;
import com.yubico.webauthn.data.ClientAssertionExtensionOutputs;
import com.yubico.webauthn.data.ClientRegistrationExtensionOutputs;
import com.yubico.webauthn.data.PublicKeyCredential;
import com.yubico.webauthn.data.PublicKeyCredentialCreationOptions;
import com.yubico.webauthn.data.PublicKeyCredentialDescriptor;
import com.yubico.webauthn.data.PublicKeyCredentialRequestOptions;
import com.yubico.webauthn.data.RelyingPartyIdentity;
import com.yubico.webauthn.data.UserVerificationRequirement;
import com.yubico.webauthn.exception.AssertionFailedException;
import com.yubico.webauthn.exception.InvalidSignatureCountException;
import com.yubico.webauthn.exception.RegistrationFailedException;
import dev.interlock.action.Bytes;
import dev.interlock.evidence.Assertion;
import dev.interlock.evidence.ClientData;
import dev.interlock.evidence.Enrolment;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Translates between browsers and the library that parses the output of authenticators. */
final class Ceremony {

    /** Limits how long a browser waits while a person looks for their key. */
    private static final long TIMEOUT_MILLIS = 120_000;

    /** Maximum length of a response. No browser sends as much about one passkey. */
    private static final int MAX_TEXT = 32 * 1024;

    /** The accepted COSE algorithms: ES256 and EdDSA. The better known one comes first. */
    private static final List<Long> ALGORITHMS = List.of(-7L, -8L);

    private final PasskeySite site;
    private final RelyingParty library;

    Ceremony(PasskeySite site, PasskeyBook book) {
        this.site = site;
        this.library = RelyingParty.builder()
                .identity(RelyingPartyIdentity.builder()
                        .id(site.rp())
                        .name("Interlock")
                        .build())
                .credentialRepository(new PasskeyRepository(book))
                .origins(Set.of(site.origin()))
                .allowOriginPort(false)
                .allowOriginSubdomain(false)
                .attestationConveyancePreference(AttestationConveyancePreference.NONE)
                .validateSignatureCounter(true)
                .build();
    }

    /** A new credential in base64url, and its key as SubjectPublicKeyInfo and COSE. */
    record NewCredential(String credential, Bytes key, Bytes cose, List<String> transports, long counter) {}

    /** An assertion that an authenticator signed, as a browser passed it on. */
    record PresentedAssertion(
            PublicKeyCredential<AuthenticatorAssertionResponse, ClientAssertionExtensionOutputs> response) {

        String credential() {
            return response.getId().getBase64Url();
        }

        Assertion by(Enrolment enrolment) {
            AuthenticatorAssertionResponse made = response.getResponse();
            return new Assertion(
                    credential(),
                    made.getAuthenticatorData().getBytes(),
                    made.getClientDataJSON().getBytes(),
                    made.getSignature().getBytes(),
                    enrolment);
        }

        long counter() {
            return response.getResponse().getParsedAuthenticatorData().getSignatureCounter();
        }
    }

    /** Returns a {@code PublicKeyCredentialCreationOptionsJSON} (WebAuthn Level 3 §5.1.8). */
    Json.Members creation(String person, byte[] challenge, List<Passkey> existing) {
        return Json.object()
                .with("rp", Json.object().with("id", site.rp()).with("name", "Interlock"))
                .with(
                        "user",
                        Json.object()
                                .with("id", handle(person).getBase64Url())
                                .with("name", person)
                                .with("displayName", person))
                .with("challenge", url(challenge))
                .withItems(
                        "pubKeyCredParams",
                        ALGORITHMS.stream()
                                .map(algorithm ->
                                        Json.object().with("type", "public-key").with("alg", algorithm)))
                .with("timeout", TIMEOUT_MILLIS)
                .with("excludeCredentials", descriptors(existing))
                .with(
                        "authenticatorSelection",
                        Json.object()
                                .with("residentKey", "preferred")
                                .with("requireResidentKey", false)
                                .with("userVerification", "required"))
                .with("attestation", "none");
    }

    /** Returns a {@code PublicKeyCredentialRequestOptionsJSON} (§5.1.9). */
    Json.Members request(byte[] message, List<Passkey> allowed) {
        return Json.object()
                .with("challenge", url(sha256(message)))
                .with("rpId", site.rp())
                .with("timeout", TIMEOUT_MILLIS)
                .with("userVerification", "required")
                .with("allowCredentials", descriptors(allowed));
    }

    private static Json.Array descriptors(List<Passkey> keys) {
        return new Json.Array(keys.stream()
                .<Json>map(key -> Json.object()
                        .with("type", "public-key")
                        .with("id", key.statement().credential())
                        .withTexts("transports", key.transports()))
                .toList());
    }

    /** Reads the {@code RegistrationResponseJSON} for exactly {@code options}, made on our page by a verified user. */
    NewCredential made(Json.Members options, String response) throws PasskeyRefusedException {
        requireShort(response);
        try {
            PublicKeyCredential<AuthenticatorAttestationResponse, ClientRegistrationExtensionOutputs> credential =
                    PublicKeyCredential.parseRegistrationResponseJson(response);
            RegistrationResult result = library.finishRegistration(FinishRegistrationOptions.builder()
                    .request(PublicKeyCredentialCreationOptions.fromJson(options.canonicalText()))
                    .response(credential)
                    .build());
            boolean embedded = ClientData.read(
                            credential.getResponse().getClientDataJSON().getBytes())
                    .embedded();
            if (embedded || !result.isUserVerified()) {
                throw new PasskeyRefusedException(
                        "The passkey was created in another site's page, or without user verification.");
            }
            return new NewCredential(
                    result.getKeyId().getId().getBase64Url(),
                    Bytes.of(result.getParsedPublicKey().getEncoded()),
                    Bytes.of(result.getPublicKeyCose().getBytes()),
                    credential.getResponse().getTransports().stream()
                            .map(AuthenticatorTransport::getId)
                            .toList(),
                    result.getSignatureCount());
        } catch (RegistrationFailedException e) {
            throw new PasskeyRefusedException("The browser's answer does not match the request: " + reason(e) + ".");
        } catch (IOException | GeneralSecurityException | RuntimeException _) { // an attacker may send anything
            throw new PasskeyRefusedException("The browser's answer cannot be read.");
        }
    }

    /** Reads an assertion as browsers write it ({@code AuthenticationResponseJSON}) or in our own form. */
    static PresentedAssertion presented(String text) throws PasskeyRefusedException {
        requireShort(text);
        try {
            return new PresentedAssertion(PublicKeyCredential.parseAssertionResponseJson(asBrowsersWrite(text)));
        } catch (IOException | RuntimeException _) { // an attacker may send anything
            throw new PasskeyRefusedException("The assertion cannot be read.");
        }
    }

    private static String asBrowsersWrite(String text) {
        Optional<Json.Members> own = own(text);
        return own.isEmpty()
                ? text
                : Json.object()
                        .with("id", own.get().text("credential"))
                        .with("type", "public-key")
                        .with(
                                "response",
                                Json.object()
                                        .with("authenticatorData", own.get().text("authenticator_data"))
                                        .with("clientDataJSON", own.get().text("client_data"))
                                        .with("signature", own.get().text("signature")))
                        .with("clientExtensionResults", Json.object())
                        .canonicalText();
    }

    private static Optional<Json.Members> own(String text) {
        try {
            return Optional.of(Json.readObject(text.getBytes(StandardCharsets.UTF_8)))
                    .filter(members -> members.get("type").equals(Optional.of(new Json.Text("webauthn"))));
        } catch (MalformedException _) {
            return Optional.empty();
        }
    }

    private static void requireShort(String text) throws PasskeyRefusedException {
        if (text.length() > MAX_TEXT) {
            throw new PasskeyRefusedException("The browser's answer is too long.");
        }
    }

    /** Requires that the library, too, accepts {@code presented} over {@code message}, with a counter that advanced. */
    void agree(Passkey key, byte[] message, PresentedAssertion presented) throws PasskeyRefusedException {
        String person = key.statement().person();
        AssertionRequest request = AssertionRequest.builder()
                .publicKeyCredentialRequestOptions(PublicKeyCredentialRequestOptions.builder()
                        .challenge(new ByteArray(sha256(message)))
                        .rpId(site.rp())
                        .allowCredentials(List.of(descriptor(key)))
                        .userVerification(UserVerificationRequirement.REQUIRED)
                        .extensions(AssertionExtensionInputs.builder().build())
                        .build())
                .username(person)
                .build();
        try {
            AssertionResult result = library.finishAssertion(FinishAssertionOptions.builder()
                    .request(request)
                    .response(presented.response())
                    .build());
            // The library's verdict alone is not enough: it was wrong about this before (YSA-2026-02).
            boolean ours = result.getUsername().equals(person)
                    && result.getCredential().getUserHandle().equals(handle(person))
                    && result.getCredential()
                            .getCredentialId()
                            .equals(descriptor(key).getId())
                    && presented.response().getResponse().getUserHandle().stream()
                            .allMatch(handle(person)::equals);
            if (!result.isSuccess() || !result.isUserVerified() || !ours) {
                throw new PasskeyRefusedException("The assertion was not made by a passkey of `" + person + "`.");
            }
        } catch (InvalidSignatureCountException _) {
            throw new PasskeyCopiedException(key);
        } catch (AssertionFailedException e) {
            throw new PasskeyRefusedException("The assertion does not count: " + reason(e) + ".");
        } catch (RuntimeException _) { // an attacker may send anything
            throw new PasskeyRefusedException("The assertion cannot be read.");
        }
    }

    /** Returns in words for people why the library refused, which says it in those for programmers. */
    private String reason(Exception refusal) {
        String said = String.valueOf(refusal.getMessage());
        return said.contains("ncorrect origin")
                ? "it was made on a page that is not at " + site.origin() + ", the address of the console"
                : said.contains("ncorrect challenge")
                        ? "it answers another request; load the page again, and repeat it"
                        : "it is not by this passkey, or not for this request";
    }

    private static PublicKeyCredentialDescriptor descriptor(Passkey key) {
        return PublicKeyCredentialDescriptor.builder()
                .id(new ByteArray(Base64.getUrlDecoder().decode(key.statement().credential())))
                .build();
    }

    /**
     * Returns the user handle of a person. It is a digest because authenticators may show it to anyone who holds them.
     */
    private static ByteArray handle(String person) {
        return new ByteArray(sha256(("interlock-person@v1:" + person).getBytes(StandardCharsets.UTF_8)));
    }

    private static byte[] sha256(byte[] message) {
        return HexFormat.of().parseHex(Bytes.of(message).sha256());
    }

    private static String url(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    private record PasskeyRepository(PasskeyBook book) implements CredentialRepository {

        @Override
        public Set<PublicKeyCredentialDescriptor> getCredentialIdsForUsername(String person) {
            return book.of(person).stream().map(Ceremony::descriptor).collect(Collectors.toUnmodifiableSet());
        }

        @Override
        public Optional<ByteArray> getUserHandleForUsername(String person) {
            return Optional.of(handle(person));
        }

        @Override
        public Optional<String> getUsernameForUserHandle(ByteArray handle) {
            return book.all().stream()
                    .map(key -> key.statement().person())
                    .filter(person -> handle(person).equals(handle))
                    .findFirst();
        }

        @Override
        public Optional<RegisteredCredential> lookup(ByteArray credential, ByteArray handle) {
            return lookupAll(credential).stream()
                    .filter(known -> known.getUserHandle().equals(handle))
                    .findFirst();
        }

        @Override
        public Set<RegisteredCredential> lookupAll(ByteArray credential) {
            return book
                    .byCredential(credential.getBase64Url())
                    .map(key -> RegisteredCredential.builder()
                            .credentialId(credential)
                            .userHandle(handle(key.statement().person()))
                            .publicKeyCose(new ByteArray(key.cose().toArray()))
                            .signatureCount(key.counter())
                            .build())
                    .stream()
                    .collect(Collectors.toUnmodifiableSet());
        }
    }
}
