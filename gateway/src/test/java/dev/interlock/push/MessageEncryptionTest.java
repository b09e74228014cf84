package dev.interlock.push;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Bytes;
import dev.interlock.evidence.MalformedException;
import dev.interlock.testing.PushReceiver;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.SecureRandom;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPrivateKeySpec;
import java.security.spec.ECPublicKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;

class MessageEncryptionTest {

    private static final String CONTENT = "When I grow up, I want to be a watermelon";
    private static final String RECEIVER =
            "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
    private static final String RECEIVERS_SECRET = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94";
    private static final String SENDER =
            "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8";
    private static final String SENDERS_SECRET = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw";
    private static final String AUTH = "BTBZMqHH6r4Tts7J_aSIgg";
    private static final String SALT = "DGv6ra1nlYgDCS1FRnbzlw";
    private static final String BODY =
            "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLoc"
                    + "InmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXL"
                    + "WyouBWLVWGNWQexSgSxsj_Qulcy4a-fN";

    private static byte[] decoded(String text) {
        return Base64.getUrlDecoder().decode(text);
    }

    private static KeyPair pair(String point, String secret) throws GeneralSecurityException {
        AlgorithmParameters curve = AlgorithmParameters.getInstance("EC");
        curve.init(new ECGenParameterSpec("secp256r1"));
        ECParameterSpec p256 = curve.getParameterSpec(ECParameterSpec.class);
        byte[] all = decoded(point);
        ECPoint coordinates = new ECPoint(new BigInteger(1, all, 1, 32), new BigInteger(1, all, 33, 32));
        KeyFactory keys = KeyFactory.getInstance("EC");
        return new KeyPair(
                keys.generatePublic(new ECPublicKeySpec(coordinates, p256)),
                keys.generatePrivate(new ECPrivateKeySpec(new BigInteger(1, decoded(secret)), p256)));
    }

    /** RFC 8291 §5 and appendix A. */
    @Test
    void theExampleOfTheStandardIsMadeExactly() throws Exception {
        byte[] record = (CONTENT + "\u0002").getBytes(StandardCharsets.US_ASCII);
        byte[] body = MessageEncryption.encrypt(
                record, Bytes.of(decoded(RECEIVER)), decoded(AUTH), pair(SENDER, SENDERS_SECRET), decoded(SALT));
        assertThat(Base64.getUrlEncoder().withoutPadding().encodeToString(body)).isEqualTo(BODY);
    }

    /** So that the other tests may trust their receiver. */
    @Test
    void theTestsReceiverReadsTheExampleOfTheStandard() throws Exception {
        PushReceiver receiver = new PushReceiver(pair(RECEIVER, RECEIVERS_SECRET), decoded(AUTH));
        assertThat(new String(receiver.open(decoded(BODY)), StandardCharsets.US_ASCII))
                .isEqualTo(CONTENT);
    }

    @Test
    void messagesOfAnyLengthLookAlikeAndNoTwoAreEqual() throws Exception {
        PushReceiver receiver = new PushReceiver();
        Subscription subscription = Subscription.read(
                receiver.subscription("https://fcm.googleapis.com/fcm/send/x").canonicalText(),
                new PushServices(List.of()));
        byte[] one = MessageEncryption.encrypt(new byte[] {1}, subscription, new SecureRandom());
        byte[] other = MessageEncryption.encrypt(new byte[] {1}, subscription, new SecureRandom());
        byte[] longer = MessageEncryption.encrypt(new byte[1_000], subscription, new SecureRandom());
        assertThat(one).hasSameSizeAs(longer).isNotEqualTo(other);
        assertThat(Arrays.copyOfRange(one, 21, 86)).isNotEqualTo(Arrays.copyOfRange(other, 21, 86)); // the sender's key
        assertThat(receiver.open(one)).containsExactly(1);
    }

    @Test
    void aKeyThatIsNoPointOfTheCurveIsRefused() {
        byte[] off = decoded(RECEIVER);
        off[64] ^= 1;
        byte[] compressed = decoded(RECEIVER);
        compressed[0] = 2;
        byte[] zero = new byte[65];
        zero[0] = 4;
        for (byte[] point : List.of(off, compressed, zero, new byte[0], Arrays.copyOf(decoded(RECEIVER), 66))) {
            assertThatThrownBy(() -> MessageEncryption.requirePoint(Bytes.of(point)))
                    .isInstanceOf(MalformedException.class);
        }
    }
}
