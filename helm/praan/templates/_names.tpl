{{- define "praan.fullname" -}}
{{- if contains "praan" .Release.Name }}{{ .Release.Name | trunc 40 | trimSuffix "-" }}{{ else }}{{ printf "%s-praan" .Release.Name | trunc 40 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "praan.image" -}}
{{- $repository := required "image.repository is required: where the image of Praan is" .Values.image.repository -}}
{{- if .Values.image.digest }}{{ $repository }}@{{ .Values.image.digest }}{{ else }}{{ $repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{ end }}
{{- end }}

{{/* The Secret that pods read. */}}
{{- define "praan.secret" -}}
{{- if .Values.secrets.externalSecret.enabled }}{{ include "praan.fullname" . }}
{{- else }}{{ required "secrets.existingSecret is required, unless secrets.externalSecret.enabled" .Values.secrets.existingSecret }}
{{- end }}
{{- end }}

{{/* The labels by which pods are found: dict "root" $ "name" <part>. */}}
{{- define "praan.selector" -}}
app.kubernetes.io/name: praan
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .name }}
{{- end }}

{{/* All labels: dict "root" $ "name" <part>. */}}
{{- define "praan.labels" -}}
{{ include "praan.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
app.kubernetes.io/part-of: praan
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
{{- end }}
