{{- define "interlock.name" -}}
{{ .Release.Name | replace "." "-" }}
{{- end }}

{{- define "interlock.selector" -}}
app.kubernetes.io/name: interlock
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "interlock.labels" -}}
{{ include "interlock.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name (.Chart.Version | replace "+" "_") }}
{{- end }}

{{- define "interlock.image" -}}
{{- $repository := required "image.repository is missing: push the image that packaging/image makes to your registry, and name it here." .Values.image.repository -}}
{{- if .Values.image.digest -}}
{{ $repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ $repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end }}

{{- define "interlock.claim" -}}
{{ .Values.storage.existingClaim | default (include "interlock.name" .) }}
{{- end }}

{{- define "interlock.host" -}}
{{ include "interlock.name" . }}.{{ .Release.Namespace }}.svc
{{- end }}

{{- /* gateway.yaml: what values say, and what follows from the pod. */ -}}
{{- define "interlock.gateway" -}}
{{- $given := .Values.configuration.gateway -}}
{{- range $key := list "listen" "data" "run" "admins" "remote" "keys" "replica" -}}
{{- if hasKey $given $key -}}
{{- fail (printf "configuration.gateway.%s: this key follows from the pod, and the chart writes it. Remove it, or write all of gateway.yaml yourself, in configuration.existingConfigMap." $key) -}}
{{- end -}}
{{- end -}}
{{- $names := prepend .Values.configuration.names (include "interlock.host" .) -}}
{{- $own := dict "listen" "127.0.0.1:7411" "data" "/var/lib/interlock/data" "run" "/run/interlock/gateway" -}}
{{- $_ := set $own "admins" (list "64011") -}}
{{- $_ := set $own "remote" (dict "listen" "0.0.0.0:7443" "names" $names) -}}
{{ mergeOverwrite (deepCopy $given) $own | toYaml }}
{{- end }}

{{- define "interlock.container-security" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{- /* A selector of the pods with a label, as key=value; of all pods, if it is empty. */ -}}
{{- define "interlock.with-label" -}}
{{- if . -}}
{matchLabels: { {{- index (splitList "=" .) 0 | quote }}: {{ index (splitList "=" .) 1 | quote -}} }}
{{- else -}}
{}
{{- end -}}
{{- end }}

{{- /* The ConfigMap of the policy; empty if there is none. */ -}}
{{- define "interlock.policy" -}}
{{- if .Values.configuration.policy -}}
{{ include "interlock.name" . }}-policy
{{- else -}}
{{ .Values.configuration.existingPolicy }}
{{- end -}}
{{- end }}
