package dev.interlock.backup.place;

import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.OwnerFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.profiles.ProfileFile;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3Configuration;

/** Creates clients for S3 storage, with the plan's credentials and with time limits. */
final class S3Access {

    private static final Duration CONNECTING = Duration.ofSeconds(15);
    private static final Duration ANSWERING = Duration.ofSeconds(90);

    /** Maximum time for a request. Nothing else ends a server that accepts data and never reads it. */
    private static final Duration PASSING = Duration.ofHours(1);

    /**
     * Threads for the time limits. Ending a connection may itself block, and the limits of other requests must still
     * work.
     */
    private static final int LIMITERS = 4;

    /**
     * The timer of all clients. Otherwise each client would have its own pool that nobody ends, and each check makes a
     * client.
     */
    private static final ScheduledExecutorService LIMITS = limits();

    private static final String ID = "aws_access_key_id";
    private static final String SECRET = "aws_secret_access_key";
    private static final String TOKEN = "aws_session_token";
    private static final Set<String> KEPT = Set.of(ID, SECRET);

    private S3Access() {}

    /**
     * Creates a client for {@code target}, as its plan says.
     *
     * @throws BackupException if there are no credentials for it
     */
    static S3Client to(BackupTarget.S3 target) throws IOException {
        AwsBasicCredentials credentials = credentials(target.credentials());
        return S3Client.builder()
                .endpointOverride(target.endpoint())
                .region(Region.of(target.region()))
                .credentialsProvider(StaticCredentialsProvider.create(credentials))
                // Only the plan's settings: no profile, endpoint or region of this machine.
                .overrideConfiguration(config -> config.defaultProfileFileSupplier(
                                () -> ProfileFile.aggregator().build())
                        .addExecutionInterceptor(new S3Responses.S3ResponseParser())
                        .apiCallAttemptTimeout(PASSING)
                        .scheduledExecutorService(LIMITS))
                .serviceConfiguration(S3Configuration.builder()
                        .pathStyleAccessEnabled(target.pathStyle())
                        .chunkedEncodingEnabled(false)
                        .build())
                // Each request carries Content-MD5, which every such server checks.
                .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
                .httpClientBuilder(UrlConnectionHttpClient.builder()
                        .connectionTimeout(CONNECTING)
                        .socketTimeout(ANSWERING))
                .build();
    }

    private static ScheduledExecutorService limits() {
        ScheduledThreadPoolExecutor limits = new ScheduledThreadPoolExecutor(
                LIMITERS, Thread.ofPlatform().daemon().name("limits of storage").factory());
        limits.setRemoveOnCancelPolicy(true); // otherwise each limit would stay until its time is over
        return limits;
    }

    private static byte[] secret(Path file) throws IOException {
        try {
            return OwnerFiles.readSecret(file);
        } catch (NoSuchFileException e) {
            throw new BackupException("there is no file with credentials `" + file + "`", e);
        } catch (AccessDeniedException e) {
            throw new BackupException("this user may not read the credentials `" + file + "`", e);
        }
    }

    private static AwsBasicCredentials credentials(Path file) throws IOException {
        byte[] bytes = secret(file);
        try {
            Map<String, String> values = new HashMap<>();
            for (String line : new String(bytes, StandardCharsets.UTF_8).lines().toList()) {
                int equals = line.indexOf('=');
                String name = line.substring(0, Math.max(0, equals)).strip();
                // With several profiles it is unclear which one is meant.
                if (equals > 0 && values.put(name, line.substring(equals + 1).strip()) != null && KEPT.contains(name)) {
                    throw new BackupException("`" + file + "` says `" + name + "` twice: each "
                            + "target needs its own file, with one profile");
                }
            }
            if (!values.getOrDefault(TOKEN, "").isEmpty()) {
                throw new BackupException("`" + file + "` holds `" + TOKEN + "`: backups do "
                        + "not work with short-lived credentials; use those of a dedicated user");
            }
            String id = values.getOrDefault(ID, "");
            String secret = values.getOrDefault(SECRET, "");
            if (id.isEmpty() || secret.isEmpty()) {
                throw new BackupException(
                        "`" + file + "` does not hold `aws_access_key_id = …` and `aws_secret_access_key = …`");
            }
            return AwsBasicCredentials.create(id, secret);
        } finally {
            Arrays.fill(bytes, (byte) 0);
        }
    }
}
