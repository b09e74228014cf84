package dev.interlock.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests the file format of a REST catalog: a file with any unknown part is rejected, with file and key. */
class RestFileTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "protocol: rest | protocol: soap | `protocol`: must be `graphql`, `mcp`, `rest` or `sql`",
                "provider: acme | provider: acme~labels: [id] | `labels`: is not a known key here",
                "'disks/list: GET /' | 'disks/list: FETCH /' | `reads.disks/list`",
                "'disks/list: GET /' | 'disks/list: POST /' | `reads.disks/list`: must be a GET",
                "'disks/create: POST /' | 'disks/create: DELETE /' | `writes.disks/create`: must not be a GET",
                "'{project}/disks ?page size' | '{project}//disks ?page size' | neither a plain segment",
                "'{project}/disks ?page size' | '{project}/../disks ?page size' | neither a plain segment",
                "'{project}/disks ?page size' | '{project}/{project} ?page size' | twice",
                "'{project}/disks ?page size' | '{project...}/{disk*} ?page size' | several segments",
                "'{project}/disks ?page size' | '{body}/disks ?page size' | `query`, `header` or `body`",
                "'?page size' | '?page page' | is given twice",
                "'?page size' | '?page+ page' | is given twice",
                "'?page size' | '?page++' | is not `name`",
                "'?page size' | '?page:*+' | is not `name`",
                "'{name size config:*}' | '{name size+ config:*}' | is not `name`",
                "'?page size' | '?page:*' | a query parameter is a single text",
                "'?page size' | '?page {size}' | a GET must not have a body",
                "'<application/octet-stream>' | '<octets>' | is not a media type",
                "'config:*}' | 'config:Config}' | names the type `Config`",
                "'resources: {body.to: project}' | 'resources: {body.two: project}' | no argument `body.two`",
                "'resources: {body.to: project}' | 'besides: {body.two: project}' | no argument `body.two`",
                "'resources: {body.to: project}' | 'resources: {body.to: disk/x}' | must be a resource type",
                "'resources: {body.to: project}' | 'resources: {body.to: \"disk/{peg}/*\"}' | no argument `peg`",
                "'resources: {body.to: project}' | 'resources: {body.to: project outside mine}' | is not a list in"
                        + " this",
                "'facts: [body.name, body.size, body.public]' | 'facts: [body.name]~    whole: [body.size]'"
                        + " | `operations.disks/update.whole`: must be one of `facts`",
                "'{body.public: false}' | '{body.pubic: false}' | there is no argument `body.pubic`",
                "'{query.force: false}' | '{query.froce: false}' | there is no argument `query.froce`",
                "'{present: header.x-dangerous}' | '{present: header.cookie}' | no argument `header.cookie`",
                "'disk: \"{project}/{disk}\"' | 'disk: \"{project}/{dsik}\"' | names a parameter that no path has",
                "'disk: \"{project}/{disk}\"' | 'disk: \"everything\"' | does not consist of parameters",
                "'whole-numbers: [snapshot]' | 'whole-numbers: [snapshots]' | is not a parameter of any path",
                "'whole-numbers: [snapshot]' | 'colons: [snapshots names org unless owner]' | is not a parameter of any path",
                "'whole-numbers: [snapshot]' | 'colons: [body.twig names org unless snapshot]' | is not an argument of any operation",
                "'whole-numbers: [snapshot]' | 'colons: [body.to names org unless owner]' | is not a parameter of any path",
                "'whole-numbers: [snapshot]' | 'colons: [body.to after owner]' | is not a text such as",
                "'whole-numbers: [snapshot]' | 'other-names: {disk: {like: x, type: disk-id}}' | not name a resource"
                        + " on its own",
                "'whole-numbers: [snapshot]' | 'other-names: {project: {like: (, type: number}}' | other-names.project",
                "'ignores-case: [project, disk]' | 'ignores-case: [projects]' | is not a type in `resources`",
                "'ignores-case: [project, disk]' | 'holds-data: [disc]' | `holds-data.[0]`: is not a resource type",
                "'ignores-case: [project, disk]' | 'holds-data: [disk, disk]' | `holds-data.[1]`: is listed twice",
                "'x-api-version: \"3\"' | 'accept: \"3\"' | not one of `forwarded-headers`",
                "'replaces: body.labels' | 'replaces: body.lables' | there is no argument `body.lables`",
                "'stands: labels/list' | 'stands: labels/lost' | `operations.labels/replace.stands`: is not an"
                        + " operation",
                "'stands: labels/list' | 'stands: disks/delete' | must be a GET",
                "'stands: labels/list' | 'part: false' | `operations.labels/replace.part`: must be `true`",
                "'stands: labels/list' | 'part: new' | `operations.labels/replace.part`: is `new` only where a POST",
                "'facts: [query.force]' | 'part: new' | `operations.disks/delete.part`: is `new` only where a POST",
                "'facts: [body.name, body.size, body.public]' | 'part: true' | must hold `destroy`",
                "'resources: {body.to: project}' | 'resources: {body.to: project}~    part: true'"
                        + " | not apply to `resources` that arguments name",
                "'use: disks/update' | 'use: disks/forget' | `operations.disks/delete.safer`: is not an operation",
                "'disks/list: GET /projects/{project}/disks ?page size' | 'disks/list: GET /projects/{p}/disks/{d}/key'"
                        + " | match the same requests",
                "'/disks/{disk}/labels' | '/disks/{disk}/labels | /projects/{project}/disks/{disk}/key'"
                        + " | match the same requests",
                "'/disks/{disk}/labels' | '/disks/{disk}/labels | /disks/{disk}/labels' | have the same parameters",
                "'disks/create: POST' | 'disks/list: POST' | is listed twice",
                "'disks/create: POST' | 'dis ks: POST' | must have a name of letters",
                "'endpoints: [/graphql]' | 'endpoints: [/soap]' | `/soap` is a path of GraphQL and of something else",
                "'endpoints: [/graphql]' | 'endpoints: [/projects/a/disks]' | is a path of GraphQL and of something else",
                "'endpoints: [/graphql]' | 'endpoints: [graphql]' | `graphql.endpoints.[0]`: must be an absolute path",
                "'endpoints: [/graphql]' | 'endpoints: [/graphql]~  words: {}' | `graphql.words`: is not a known key",
                "'    diskResize:' | '    disks/move:' | `disks/move` is an operation of GraphQL and of something else",
                "'{id: disk-id}' | '{it: disk-id}' | `graphql.mutations.diskResize.resources.it`: there is no argument",
            })
    void aMistakeIsNamedWithFileAndKey(String right, String wrong, String complaint) {
        assertThat(RestExample.TEXT).contains(right);
        assertThatThrownBy(() -> RestExample.load(RestExample.TEXT.replaceFirst(
                        Pattern.quote(right), Matcher.quoteReplacement(wrong.replace('~', '\n')))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("acme.yaml:")
                .hasMessageContaining(complaint);
    }

    /** In a catalog that is older than this key, nothing is known. */
    @Test
    void theCatalogFileNamesTheResourcesThatHoldData() {
        assertThat(RestExample.load(RestExample.TEXT).dataTypes()).isEmpty();
        assertThat(RestExample.load(RestExample.TEXT.replace(
                                "ignores-case: [project, disk]", "ignores-case: [project, disk]\nholds-data: [disk]"))
                        .dataTypes())
                .containsExactly("disk");
    }

    /** A replacement removes the entries that it leaves out. A file that claims otherwise is rejected. */
    @Test
    void aReplacementIsNeverAMereWrite() {
        int at = RestExample.TEXT.indexOf("  labels/replace:");
        String milder = RestExample.TEXT.substring(0, at)
                + RestExample.TEXT.substring(at).replaceFirst("impacts: \\[destroy]", "impacts: [write]");
        assertThatThrownBy(() -> RestExample.load(milder))
                .hasMessageContaining("`operations.labels/replace.replaces`: removes the entries that are left out");
    }
}
