{{/* The longest suffix is `-coordinator`, and a label has room for 63 characters. */}}
{{- define "swath.fullname" -}}
{{- $name := .Release.Name -}}
{{- if not (contains .Chart.Name $name) -}}{{- $name = printf "%s-%s" $name .Chart.Name -}}{{- end -}}
{{- .Values.fullnameOverride | default $name | trunc 51 | trimSuffix "-" -}}
{{- end }}

{{/* The labels that select the pods of a component; takes (list root component). */}}
{{- define "swath.selector" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: {{ $root.Chart.Name }}
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{/* The labels of an object; takes (list root component). */}}
{{- define "swath.labels" -}}
{{- $root := index . 0 -}}
{{ include "swath.selector" . }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "swath.image" -}}
image: {{ printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
{{- end }}

{{/* The parts that the pods of services and migration share. */}}
{{- define "swath.pod" -}}
automountServiceAccountToken: false
# The variables that Kubernetes names after other Services are not needed.
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  seccompProfile:
    type: RuntimeDefault
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end }}

{{- define "swath.securityContext" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
{{- end }}

{{/* A variable from the Secret; takes (list root variable key). */}}
{{- define "swath.secretEnv" -}}
- name: {{ index . 1 }}
  valueFrom:
    secretKeyRef:
      name: {{ (index . 0).Values.secrets.existingSecret }}
      key: {{ index . 2 }}
{{- end }}

{{- define "swath.logEnv" -}}
- name: SWATH__LOG__LEVEL
  value: {{ .Values.log.level | quote }}
- name: SWATH__LOG__FORMAT
  value: {{ .Values.log.format }}
{{- end }}

{{/* The variables of a service; takes (list root component). Each gets only the secrets that it uses. */}}
{{- define "swath.env" -}}
{{- $root := index . 0 -}}
{{- $component := index . 1 -}}
{{- $values := $root.Values -}}
{{- $keys := $values.secrets.keys -}}
- name: SWATH__SERVER__LISTEN
  value: 0.0.0.0:8080
- name: SWATH__SERVER__METRICS_LISTEN
  value: 0.0.0.0:9464
- name: SWATH__SERVER__DRAIN_SECONDS
  value: {{ $values.stop.drainSeconds | quote }}
- name: SWATH__SERVER__SHUTDOWN_SECONDS
  value: {{ $values.stop.shutdownSeconds | quote }}
{{ include "swath.logEnv" $root }}
# If it were not set, it would be the folder in which the process starts, which may be the root of the image.
- name: SWATH__MEDIA__ROOTS
  value: {{ $values.media.root | quote }}
{{ include "swath.secretEnv" (list $root "SWATH__STORE__URL" $keys.storeUrl) }}
{{ include "swath.secretEnv" (list $root "SWATH__BUS__URL" (index $keys.busUrls $component | default $keys.busUrl)) }}
{{ include "swath.secretEnv" (list $root "SWATH__LOCKS__URL" $keys.locksUrl) }}
{{ include "swath.secretEnv" (list $root "SWATH__SERVER__SECRET" $keys.serverSecret) }}
{{- if eq $component "coordinator" }}
{{ include "swath.secretEnv" (list $root "SWATH__ADMIN__TOKEN" $keys.adminToken) }}
{{- end }}
{{- if and $values.media.s3.endpoint (ne $component "metrics") }}
- name: SWATH__MEDIA__S3_ENDPOINT
  value: {{ $values.media.s3.endpoint | quote }}
- name: SWATH__MEDIA__S3_REGION
  value: {{ $values.media.s3.region | quote }}
{{ include "swath.secretEnv" (list $root "SWATH__MEDIA__S3_ACCESS_KEY" $keys.s3AccessKey) }}
{{ include "swath.secretEnv" (list $root "SWATH__MEDIA__S3_SECRET_KEY" $keys.s3SecretKey) }}
{{- end }}
{{- with $values.files.folder }}
- name: SWATH__FILES__FOLDER
  value: {{ . | quote }}
{{- end }}
{{- if and $values.files.s3.bucket (ne $component "metrics") }}
- name: SWATH__FILES__S3_ENDPOINT
  value: {{ $values.files.s3.endpoint | quote }}
- name: SWATH__FILES__S3_REGION
  value: {{ $values.files.s3.region | quote }}
- name: SWATH__FILES__S3_BUCKET
  value: {{ $values.files.s3.bucket | quote }}
- name: SWATH__FILES__S3_PREFIX
  value: {{ $values.files.s3.prefix | quote }}
- name: SWATH__FILES__S3_PATH_STYLE
  value: {{ $values.files.s3.pathStyle | quote }}
{{ include "swath.secretEnv" (list $root "SWATH__FILES__S3_ACCESS_KEY" $keys.filesAccessKey) }}
{{ include "swath.secretEnv" (list $root "SWATH__FILES__S3_SECRET_KEY" $keys.filesSecretKey) }}
{{- end }}
{{- with $values.traces.endpoint }}
- name: SWATH__TRACES__ENDPOINT
  value: {{ . | quote }}
- name: SWATH__TRACES__SHARE
  value: {{ $values.traces.share | quote }}
{{- end }}
{{- range $key, $value := $values.settings }}
- name: SWATH__{{ $key }}
  value: {{ $value | quote }}
{{- end }}
{{- with $values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* The API server would refuse it in the middle of the rollout, and a schema cannot compare two values. */}}
{{- define "swath.checked" -}}
{{- if gt (int .minReplicas) (int .maxReplicas) -}}
{{- fail (printf "autoscaling: minReplicas %d is above maxReplicas %d" (int .minReplicas) (int .maxReplicas)) -}}
{{- end -}}
{{- end }}

{{/* The fewest and the most processes of a service; both take its values. */}}
{{- define "swath.fewest" -}}
{{- if dig "autoscaling" "enabled" false . }}{{ int .autoscaling.minReplicas }}{{ else }}{{ int .replicas }}{{ end -}}
{{- end }}
{{- define "swath.most" -}}
{{- if dig "autoscaling" "enabled" false . }}{{ int .autoscaling.maxReplicas }}{{ else }}{{ int .replicas }}{{ end -}}
{{- end }}

{{/* An egress rule; takes (list destination protocols). */}}
{{- define "swath.egress" -}}
{{- $destination := index . 0 -}}
{{- $protocols := index . 1 -}}
- ports:
    {{- range $port := $destination.ports }}
    {{- range $protocols }}
    - port: {{ int $port }}
      protocol: {{ . }}
    {{- end }}
    {{- end }}
  {{- if or $destination.cidrs $destination.peers }}
  to:
    {{- range $destination.cidrs }}
    - ipBlock:
        cidr: {{ . }}
    {{- end }}
    {{- with $destination.peers }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- end }}
{{- end }}
