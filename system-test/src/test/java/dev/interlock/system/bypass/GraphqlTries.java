package dev.interlock.system.bypass;

import static dev.interlock.system.bypass.Requests.latin;
import static dev.interlock.system.bypass.Requests.post;
import static dev.interlock.system.bypass.Requests.postJson;
import static dev.interlock.system.bypass.Requests.query;
import static dev.interlock.system.bypass.Requests.quoted;
import static dev.interlock.system.bypass.Requests.raw;
import static dev.interlock.system.bypass.Requests.utf8;
import static dev.interlock.system.bypass.Try.same;

import dev.interlock.system.bypass.Try.Harm;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;

/** Destructive calls that are hidden in the spelling, the transport or the meaning of GraphQL. */
final class GraphqlTries {

    private static final Harm DELETED = new Harm.Runs("volumeDelete");
    private static final String DELETE = "volumeDelete(volumeId: \"" + Upstream.SHARED + "\")";
    private static final String READ = "query look { environment(id: \"" + Upstream.STAGING + "\") { id } }";
    private static final String VARIABLES = "{\"v\":\"" + Upstream.SHARED + "\"}";

    private GraphqlTries() {}

    static List<Try> all() throws IOException {
        List<Try> all = new ArrayList<>(written());
        all.addAll(carried());
        all.addAll(unpacked());
        all.addAll(meant());
        all.addAll(told());
        return all;
    }

    private static List<Try> written() {
        String two = READ + " mutation quiet { " + DELETE + " }";
        return List.of(
                same("plain", query("mutation { " + DELETE + " }"), DELETED, "denied"),
                same("alias", query("mutation { environment: " + DELETE + " }"), DELETED, "denied"),
                same("alias that reads like an update", query("mutation { volumeUpdate: " + DELETE + " }"), DELETED),
                same("two aliases", query("mutation { a: __typename b: " + DELETE + " }"), DELETED),
                same("fragment", query("mutation { ...f } fragment f on Mutation { " + DELETE + " }"), DELETED),
                same(
                        "nested fragment",
                        query("mutation { ...a } fragment a on Mutation { ...b } fragment b on Mutation { ...c } "
                                + "fragment c on Mutation { " + DELETE + " }"),
                        DELETED),
                same("inline fragment", query("mutation { ... on Mutation { ... { " + DELETE + " } } }"), DELETED),
                same(
                        "several operations, operationName",
                        postJson("{\"query\":" + quoted(two) + ",\"operationName\":\"quiet\"}"),
                        DELETED),
                same(
                        "operationName behind an escape",
                        postJson("{\"query\":" + quoted(two) + ",\"operation\\u004eame\":\"quiet\"}"),
                        DELETED),
                same(
                        "variable",
                        query("mutation($v: String!) { volumeDelete(volumeId: $v) }", VARIABLES),
                        DELETED,
                        "denied"),
                same(
                        "variable default",
                        query("mutation($v: String! = \"" + Upstream.SHARED + "\") { volumeDelete(volumeId: $v) }"),
                        DELETED),
                same(
                        "include by a variable",
                        query("mutation($v: Boolean!) { __typename " + DELETE + " @include(if: $v) }", "{\"v\":true}"),
                        DELETED),
                same(
                        "include by a variable's default",
                        query("mutation($v: Boolean! = true) { __typename " + DELETE + " @include(if: $v) }"),
                        DELETED),
                same(
                        "skip by a variable",
                        query("mutation($v: Boolean!) { __typename " + DELETE + " @skip(if: $v) }", "{\"v\":false}"),
                        DELETED),
                same(
                        "comment in between",
                        query("mutation { #{ volumeUpdate\n volumeDelete # }\n(volumeId: \"" + Upstream.SHARED
                                + "\") }"),
                        DELETED),
                same("commas for blanks", query("mutation,{,,," + DELETE.replace(" ", ",") + ",,}"), DELETED),
                same(
                        "block string",
                        query("mutation { volumeDelete(volumeId: \"\"\"" + Upstream.SHARED + "\"\"\") }"),
                        DELETED),
                same(
                        "byte order mark in the document",
                        postJson("{\"query\":\"\\ufeffmutation { " + DELETE.replace("\"", "\\\"") + " }\"}"),
                        DELETED),
                same(
                        "JSON escapes",
                        postJson("{\"query\":\"\\u006dutation { volume\\u0044elete(volumeId: \\\"" + Upstream.SHARED
                                + "\\\") }\"}"),
                        DELETED),
                same(
                        "GraphQL escapes",
                        query("mutation { volumeDelete(volumeId: \"\\u0033" + Upstream.SHARED.substring(1) + "\") }"),
                        DELETED),
                same(
                        "after a permitted write",
                        query(CarrierTries.REDEPLOY.replace(" }", " " + DELETE + " }")),
                        DELETED),
                same(
                        "before a permitted write",
                        query(CarrierTries.REDEPLOY.replace("{ ", "{ " + DELETE + " ")),
                        DELETED),
                same(
                        "a variable that is null beside it",
                        query(
                                "mutation($v: String!, $n: String) { volumeDelete(volumeId: $v) volumeInstanceUpdate("
                                        + "volumeId: $v, environmentId: $n, input: {}) }",
                                "{\"v\":\"" + Upstream.SHARED + "\",\"n\":null}"),
                        DELETED));
    }

    private static List<Try> carried() throws IOException {
        String document = "mutation { " + DELETE + " }";
        String json = "{\"query\":" + quoted(document) + "}";
        String harmless = "{\"query\":" + quoted(READ) + "}";
        String encoded = URLEncoder.encode(document, StandardCharsets.UTF_8);
        List<String> plain = List.of("Host: ${host}", "Authorization: Bearer ${token}", "Connection: close");
        byte[] zipped = gzip(json);
        return List.of(
                same("batch of one", postJson("[" + json + "]"), DELETED),
                same("batch, second of two", postJson("[" + harmless + "," + json + "]"), DELETED),
                same("GET", raw("GET", "${path}?query=" + encoded, plain, ""), DELETED),
                same(
                        "GET with variables",
                        raw(
                                "GET",
                                "${path}?query="
                                        + URLEncoder.encode(
                                                "mutation($v:String!){volumeDelete(volumeId:$v)}",
                                                StandardCharsets.UTF_8)
                                        + "&variables=" + URLEncoder.encode(VARIABLES, StandardCharsets.UTF_8),
                                plain,
                                ""),
                        DELETED),
                same(
                        "key written twice, harmless first",
                        postJson("{\"query\":" + quoted(READ) + ",\"query\":" + quoted(document) + "}"),
                        DELETED),
                same(
                        "key written twice, once in escapes",
                        postJson("{\"query\":" + quoted(READ) + ",\"quer\\u0079\":" + quoted(document) + "}"),
                        DELETED),
                same(
                        "variable written twice",
                        postJson("{\"query\":"
                                + quoted("mutation($v:String!){volumeDelete(volumeId:$v)}")
                                + ",\"variables\":{\"v\":\"d15b05ab-1e00-4c1b-b2f7-57a61a9e0003\",\"v\":\""
                                + Upstream.SHARED
                                + "\"}}"),
                        DELETED),
                same(
                        "persisted query's hash beside the text",
                        postJson("{\"query\":" + quoted(document)
                                + ",\"extensions\":{\"persistedQuery\":{\"version\":1,\"sha256Hash\":\"00\"}}}"),
                        DELETED),
                same(
                        "stored document's name beside the text",
                        postJson(
                                "{\"query\":" + quoted(document) + ",\"documentId\":\"harmless\",\"id\":\"harmless\"}"),
                        DELETED),
                same("application/graphql", post("application/graphql", utf8(document)), DELETED, "denied"),
                same("form fields", post("application/x-www-form-urlencoded", latin("query=" + encoded)), DELETED),
                same("multipart by its name only", post("multipart/form-data; boundary=x", utf8(json)), DELETED),
                same("text/plain", post("text/plain", utf8(json)), DELETED),
                same("another charset by name", post("application/json; charset=utf-16", utf8(json)), DELETED),
                same("really UTF-16", post(Requests.JSON, json.getBytes(StandardCharsets.UTF_16BE)), DELETED),
                same("byte order mark before the JSON", postJson("\ufeff" + json), DELETED),
                same("gzip", post(Requests.JSON, zipped, "Content-Encoding: gzip"), DELETED, "denied"),
                same("x-gzip", post(Requests.JSON, zipped, "Content-Encoding: x-gzip"), DELETED, "denied"),
                same(
                        "harmless query string beside the body",
                        raw(
                                "${path}?query=" + URLEncoder.encode(READ, StandardCharsets.UTF_8),
                                List.of(
                                        "Host: ${host}",
                                        "Authorization: Bearer ${token}",
                                        "Content-Type: application/json",
                                        "Content-Length: " + json.length(),
                                        "Connection: close"),
                                json),
                        DELETED),
                same("more after the JSON", postJson(json + " {\"query\":" + quoted(READ) + "}"), DELETED));
    }

    /**
     * Returns forms of a body that the gateway reads, so that it refuses a deletion in them; and their second readings.
     * The direct request is the one that a server which accepts the form would have read.
     */
    private static List<Try> unpacked() throws IOException {
        String document = "mutation { " + DELETE + " }";
        String json = "{\"query\":" + quoted(document) + "}";
        String variable = "mutation($v:String!){volumeDelete(volumeId:$v)}";
        String harmless = "{\"query\":" + quoted(READ) + "}";
        String form = "multipart/form-data; boundary=X";
        byte[] two = Requests.concat(gzip(harmless), gzip(json));
        return List.of(
                read("deflate", post(Requests.JSON, deflate(json), "Content-Encoding: deflate")),
                read("gzip of a document", post("application/graphql", gzip(document), "Content-Encoding: gzip")),
                read(
                        "a document, its variables in the query",
                        target(
                                "${path}?variables=" + URLEncoder.encode(VARIABLES, StandardCharsets.UTF_8),
                                "application/graphql",
                                variable)),
                read("a form", post(form, utf8(part("operations", json) + part("map", "{}") + "--X--\r\n"))),
                read(
                        "a form with a batch",
                        post(
                                form,
                                utf8(part("operations", "[" + harmless + "," + json + "]") + part("map", "{}")
                                        + "--X--\r\n"))),
                read(
                        "gzip of a form",
                        post(
                                form,
                                gzip(part("operations", json) + part("map", "{}") + "--X--\r\n"),
                                "Content-Encoding: gzip")),
                notRead("gzip in two members", post(Requests.JSON, two, "Content-Encoding: gzip")),
                notRead(
                        "gzip, and the deletion behind it",
                        post(Requests.JSON, Requests.concat(gzip(harmless), utf8(json)), "Content-Encoding: gzip")),
                notRead("gzip twice", post(Requests.JSON, gzip(json), "Content-Encoding: gzip, gzip")),
                notRead("br", post(Requests.JSON, utf8(json), "Content-Encoding: br")),
                notRead(
                        "a document, and another in the query",
                        target(
                                "${path}?query=" + URLEncoder.encode(READ, StandardCharsets.UTF_8),
                                "application/graphql",
                                document)),
                notRead(
                        "a form with two operations",
                        post(
                                form,
                                utf8(part("operations", harmless) + part("operations", json) + part("map", "{}")
                                        + "--X--\r\n"))),
                notRead(
                        "a form behind another",
                        post(
                                form,
                                utf8(part("operations", harmless) + part("map", "{}") + "--X--\r\n"
                                        + part("operations", json) + part("map", "{}") + "--X--\r\n"))),
                notRead(
                        "a form of two boundaries",
                        post(
                                form + "; boundary=Y",
                                utf8(part("operations", harmless) + part("map", "{}") + "--X--\r\n"))),
                notRead(
                        "a file where the identifier stands",
                        post(
                                form,
                                utf8(part(
                                                "operations",
                                                "{\"query\":" + quoted(variable) + ",\"variables\":{\"v\":null}}")
                                        + part("map", "{\"0\":[\"variables.v\"]}")
                                        + part("0\"; filename=\"a", Upstream.SHARED) + "--X--\r\n"))),
                read("a mutation written as a query", query("query { " + DELETE + " }")),
                read("a mutation without a word before it", query("{ " + DELETE + " }")),
                notRead("a mutation as a subscription", query("subscription { " + DELETE + " }")),
                notRead(
                        "beside the fields of a presigned form",
                        post(
                                form,
                                utf8(part("key", "backups/latest") + part("policy", "eyJjb25kaXRpb25zIjpbXX0=")
                                        + part("x-amz-credential", "AKIAEXAMPLE/20261120/eu-west-1/s3/aws4_request")
                                        + part("x-amz-signature", "0".repeat(64)) + part("operations", json)
                                        + part("map", "{}") + "--X--\r\n"))),
                notRead("longer than is kept", post(Requests.JSON, utf8(json + " ".repeat(1 << 20)))),
                notRead("asked of the gateway itself", target("/.interlock/leases", Requests.JSON, json)));
    }

    private static Try read(String name, byte[] wire) {
        return new Try(name, query("mutation { " + DELETE + " }"), wire, DELETED, List.of("denied"));
    }

    private static Try notRead(String name, byte[] wire) {
        return new Try(name, query("mutation { " + DELETE + " }"), wire, DELETED, List.of("not_understood"));
    }

    private static byte[] target(String target, String type, String body) {
        return raw(
                target,
                List.of(
                        "Host: ${host}",
                        "Authorization: Bearer ${token}",
                        "Content-Type: " + type,
                        "Content-Length: " + body.length(),
                        "Connection: close"),
                body);
    }

    private static String part(String name, String content) {
        return "--X\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + content + "\r\n";
    }

    private static byte[] deflate(String text) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DeflaterOutputStream zip = new DeflaterOutputStream(bytes)) {
            zip.write(utf8(text));
        }
        return bytes.toByteArray();
    }

    private static byte[] gzip(String text) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream zip = new GZIPOutputStream(bytes)) {
            zip.write(utf8(text));
        }
        return bytes.toByteArray();
    }

    /** Returns calls without `delete` in their names, or that name the deleted resource elsewhere. */
    private static List<Try> meant() {
        String patch = "{\"p\":{\"volumes\":{\"" + Upstream.SHARED + "\":{\"isDeleted\":true}}}}";
        return List.of(
                runs("volumePurgeEverything", "volumePurgeEverything"),
                runs("volumePurgeEverything", "volumePurgeEverything(confirm: true)"),
                runs(
                        "environmentPatchCommit",
                        "environmentPatchCommit(environmentId: \"" + Upstream.STAGING + "\", patch: {volumes: {_"
                                + Upstream.SHARED.replace('-', '_') + ": {isDeleted: true}}})"),
                same(
                        "environmentPatchCommit with isDeleted in a variable",
                        query(
                                "mutation($p: EnvironmentConfig) { environmentPatchCommit(environmentId: \""
                                        + Upstream.STAGING + "\", patch: $p) }",
                                patch),
                        new Harm.Runs("environmentPatchCommit")),
                same(
                        "environmentPatchCommit that removes a variable",
                        query(
                                "mutation($p: EnvironmentConfig) { environmentPatchCommit(environmentId: \""
                                        + Upstream.PRODUCTION + "\", patch: $p) }",
                                "{\"p\":{\"variables\":{\"DATABASE_PASSWORD\":null}}}"),
                        new Harm.Runs("environmentPatchCommit")),
                same(
                        "stage and commit in one document",
                        query(
                                "mutation($p: EnvironmentConfig!) { environmentStageChanges(environmentId: \""
                                        + Upstream.STAGING + "\", input: $p) { id } environmentPatchCommitStaged("
                                        + "environmentId: \"" + Upstream.STAGING + "\") }",
                                patch),
                        new Harm.Runs("environmentPatchCommitStaged")),
                runs(
                        "environmentPatchCommitStaged",
                        "environmentPatchCommitStaged(environmentId: \"" + Upstream.STAGING + "\")"),
                same(
                        "environmentApplyChangeSet",
                        query(
                                "mutation($p: JSON!) { environmentApplyChangeSet(environmentId: \"" + Upstream.STAGING
                                        + "\", input: $p) { id } }",
                                patch),
                        new Harm.Runs("environmentApplyChangeSet")),
                runs(
                        "volumeInstanceUpdate",
                        "volumeInstanceUpdate(volumeId: \"" + Upstream.SHARED + "\", input: {state: DELETED})"),
                runs(
                        "volumeInstanceUpdate",
                        "volumeInstanceUpdate(volumeId: \"" + Upstream.SHARED + "\", input: {serviceId: null})"),
                runs(
                        "volumeInstanceUpdate",
                        "volumeInstanceUpdate(volumeId: \"" + Upstream.SHARED + "\", environmentId: \""
                                + Upstream.STAGING + "\", input: {state: DELETED})"),
                runs(
                        "variableCollectionUpsert",
                        "variableCollectionUpsert(input: {projectId: \"" + Upstream.PROJECT + "\", environmentId: \""
                                + Upstream.STAGING + "\", replace: true, variables: {}})"),
                same(
                        "variableCollectionUpsert with replace in a variable",
                        query(
                                "mutation($i: VariableCollectionUpsertInput!) { variableCollectionUpsert(input: $i) }",
                                "{\"i\":{\"projectId\":\"" + Upstream.PROJECT + "\",\"environmentId\":\""
                                        + Upstream.STAGING + "\",\"replace\":true,\"variables\":{}}}"),
                        new Harm.Runs("variableCollectionUpsert")),
                runs(
                        "volumeInstanceBackupScheduleUpdate",
                        "volumeInstanceBackupScheduleUpdate(kinds: [], volumeInstanceId: \""
                                + Upstream.SHARED_PRODUCTION + "\")"),
                runs(
                        "volumeInstanceBackupRestore",
                        "volumeInstanceBackupRestore(volumeInstanceBackupId: \"" + Upstream.OLD_BACKUP
                                + "\", volumeInstanceId: \"" + Upstream.SHARED_PRODUCTION + "\", wipeServiceIds: [\""
                                + Upstream.DATABASE + "\"]) { workflowId }"),
                runs(
                        "volumeInstanceBackupDelete",
                        "volumeInstanceBackupDelete(volumeInstanceBackupId: \"" + Upstream.OLD_BACKUP
                                + "\", volumeInstanceId: \"" + Upstream.SHARED_PRODUCTION + "\") { workflowId }"),
                runs(
                        "serviceInstanceUpdate",
                        "serviceInstanceUpdate(serviceId: \"" + Upstream.DATABASE
                                + "\", input: {startCommand: \"rm -rf /var/lib/bookings/*\"})"),
                runs(
                        "serviceInstanceUpdate",
                        "serviceInstanceUpdate(environmentId: \"" + Upstream.STAGING + "\", serviceId: \""
                                + Upstream.DATABASE + "\", input: {preDeployCommand: \"rm -rf /var/lib/bookings/*\"})"),
                runs("serviceDelete", "serviceDelete(id: \"" + Upstream.DATABASE + "\")"),
                runs("environmentDelete", "environmentDelete(id: \"" + Upstream.STAGING + "\")"),
                runs("projectDelete", "projectDelete(id: \"" + Upstream.PROJECT + "\")"),
                runs("projectScheduleDelete", "projectScheduleDelete(id: \"" + Upstream.PROJECT + "\")"),
                runs("projectScheduleDeleteForce", "projectScheduleDeleteForce(id: \"" + Upstream.PROJECT + "\")"),
                runs(
                        "environmentRename",
                        "environmentRename(id: \"" + Upstream.PRODUCTION + "\", input: {name: \"staging\"}) { id }"),
                runs("apiTokenCreate", "apiTokenCreate(input: {name: \"ci\"})"),
                runs(
                        "projectTokenCreate",
                        "projectTokenCreate(input: {name: \"ci\", projectId: \"" + Upstream.PROJECT
                                + "\", environmentId: \"" + Upstream.STAGING + "\"})"),
                runs(
                        "generateShellToken",
                        "generateShellToken(input: {environmentId: \"" + Upstream.STAGING
                                + "\", instanceId: \"x\", scope: \"x\"})"),
                runs(
                        "sandboxExec",
                        "sandboxExec(command: \"rm -rf /\", environmentId: \"" + Upstream.STAGING
                                + "\", id: \"x\") { exitCode }"));
    }

    private static Try runs(String root, String field) {
        return same(
                field.substring(0, Math.min(70, field.length())),
                query("mutation { " + field + " }"),
                new Harm.Runs(root));
    }

    private static List<Try> told() {
        Harm production = new Harm.Tells(Upstream.PRODUCTION_SECRET);
        Harm staging = new Harm.Tells(Upstream.STAGING_SECRET);
        String at = "(projectId: \"" + Upstream.PROJECT + "\", environmentId: \"" + Upstream.STAGING + "\")";
        return List.of(
                same("variables", query("{ variables" + at + " }"), staging),
                same(
                        "variables of production",
                        query("{ variables" + at.replace(Upstream.STAGING, Upstream.PRODUCTION) + " }"),
                        production),
                same("variables behind an alias", query("{ id: variables" + at + " }"), staging),
                same(
                        "variables, unrendered",
                        query("{ variables" + at.replace(")", ", unrendered: true)") + " }"),
                        staging),
                same(
                        "decrypted configuration at depth",
                        query("{ project(id: \"" + Upstream.PROJECT
                                + "\") { environments { edges { node { config(decryptVariables: true) } } } } }"),
                        production),
                same(
                        "decrypted by a variable's default",
                        query("query($d: Boolean = true) { environment(id: \"" + Upstream.STAGING
                                + "\") { config(decryptVariables: $d) } }"),
                        staging),
                same(
                        "decrypted behind a fragment",
                        query("{ environment(id: \"" + Upstream.STAGING
                                + "\") { ...f } } fragment f on Environment { id: config(decryptVariables: true) }"),
                        staging));
    }
}
