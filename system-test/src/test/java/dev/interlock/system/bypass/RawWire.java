package dev.interlock.system.bypass;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;

/** Sends bytes unchanged, and reads any answer; no client library repairs anything. */
final class RawWire {

    /** Far longer than an answer takes; a silent server is not waited for longer. */
    private static final int PATIENCE_MILLIS = 10_000;

    private RawWire() {}

    /**
     * An HTTP answer.
     *
     * @param head status line and fields
     */
    record Answer(int status, String head, String body) {
        boolean closes() {
            return head.toLowerCase(Locale.ROOT).contains("connection: close");
        }
    }

    /** Returns every answer to {@code request} on one connection; at most {@code most}. */
    static List<Answer> send(int port, Optional<Path> authority, byte[] request, int most) throws IOException {
        try (Socket socket = connect(port, authority)) {
            socket.setSoTimeout(PATIENCE_MILLIS);
            socket.getOutputStream().write(request);
            socket.getOutputStream().flush();
            InputStream in = socket.getInputStream();
            List<Answer> answers = new ArrayList<>();
            while (answers.size() < most) {
                Optional<Answer> answer = answer(in);
                answer.ifPresent(answers::add);
                if (answer.isEmpty() || answer.get().closes()) {
                    break;
                }
            }
            return answers;
        }
    }

    private static Socket connect(int port, Optional<Path> authority) throws IOException {
        Socket plain = new Socket(InetAddress.getLoopbackAddress(), port);
        return authority.isEmpty() ? plain : trusting(authority.get()).createSocket(plain, "localhost", port, true);
    }

    private static SSLSocketFactory trusting(Path authority) throws IOException {
        try (InputStream in = Files.newInputStream(authority)) {
            KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null, null);
            store.setCertificateEntry(
                    "ca", CertificateFactory.getInstance("X.509").generateCertificate(in));
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(store);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, trust.getTrustManagers(), null);
            return context.getSocketFactory();
        } catch (GeneralSecurityException e) {
            throw new IOException(e);
        }
    }

    private static Optional<Answer> answer(InputStream in) throws IOException {
        try {
            String head = until(in, "\r\n\r\n");
            if (head.isEmpty()) {
                return Optional.empty();
            }
            int status = Integer.parseInt(head.substring(9, 12));
            return status < 200 ? answer(in) : Optional.of(new Answer(status, head, body(in, head)));
        } catch (SocketTimeoutException e) {
            return Optional.empty();
        }
    }

    private static String body(InputStream in, String head) throws IOException {
        Optional<String> length = field(head, "content-length");
        if (length.isPresent()) {
            return utf8(in.readNBytes(Integer.parseInt(length.get())));
        }
        return field(head, "transfer-encoding").isPresent() ? chunked(in) : utf8(in.readAllBytes());
    }

    private static String chunked(InputStream in) throws IOException {
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        int size = Integer.parseInt(until(in, "\r\n").strip(), 16);
        while (size > 0) {
            whole.writeBytes(in.readNBytes(size));
            until(in, "\r\n");
            size = Integer.parseInt(until(in, "\r\n").strip(), 16);
        }
        until(in, "\r\n");
        return utf8(whole.toByteArray());
    }

    private static Optional<String> field(String head, String name) {
        return head.lines()
                .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(name + ":"))
                .map(line -> line.substring(name.length() + 1).strip())
                .findFirst();
    }

    private static String until(InputStream in, String end) throws IOException {
        StringBuilder text = new StringBuilder();
        for (int b = in.read(); b >= 0; b = in.read()) {
            text.append((char) b);
            if (text.length() >= end.length()
                    && text.substring(text.length() - end.length()).equals(end)) {
                return text.toString();
            }
        }
        return "";
    }

    private static String utf8(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
